/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * main() of a fuzz target where the compiler has no libFuzzer:
 *
 *   PROGRAM SECONDS [SEED]   inputs that the target makes of random numbers
 *   PROGRAM FILE ...         these inputs, as libFuzzer does
 *
 * The target defines LLVMFuzzerTestOneInput(), and native::make().
 */
#pragma once

#include <chrono>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace native {

struct Random {
  uint64_t state;

  uint32_t below(uint32_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state >> 33) % n;
  }
};

std::vector<uint8_t> make(Random& random);

inline void run_file(const char* name) {
  FILE* file = fopen(name, "rb");
  if (!file) {
    perror(name);
    exit(2);
  }
  std::vector<uint8_t> data;
  for (int byte; (byte = fgetc(file)) != EOF;) {
    data.push_back(byte);
  }
  fclose(file);
  LLVMFuzzerTestOneInput(data.data(), data.size());
}

} // namespace native

int main(int argc, char** argv) {
  unsigned long long runs = 0;
  char* end = nullptr;
  double seconds = argc > 1 ? strtod(argv[1], &end) : 5;
  if (argc > 1 && *end) {
    for (; ++runs < static_cast<unsigned>(argc);) {
      native::run_file(argv[runs]);
    }
    runs--;
  } else {
    native::Random random{argc > 2 ? strtoull(argv[2], nullptr, 10) : 1};
    auto until =
      std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    for (; std::chrono::steady_clock::now() < until; runs++) {
      std::vector<uint8_t> data = native::make(random);
      LLVMFuzzerTestOneInput(data.data(), data.size());
    }
  }
  printf("%llu inputs ok\n", runs);
}
