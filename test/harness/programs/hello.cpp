// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// Prints its arguments and from a thread, to both streams, and exits with 9;
// for test_harness.py.

#include <cstdio>
#include <cstdlib>
#include <thread>

#ifdef NONSENSE
#error NONSENSE is defined
#endif

int main(int argc, char** argv) {
  for (int i = 1; i < argc; i++) {
    std::printf("argument %s\n", argv[i]);
  }
  std::thread([] {
    std::printf("from a thread\n");
    std::fprintf(stderr, "to stderr\n");
  }).join();
  std::exit(9);
}
