/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// What each project here builds: a program with a thread.

#include <cstdio>
#include <thread>

int main() {
  int answer = 0;
  std::thread([&] { answer = 42; }).join();
  printf("answer %d\n", answer);
  return answer == 42 ? 0 : 1;
}
