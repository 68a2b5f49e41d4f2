/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// The side module of test_call_dlopen.c.

#include <stdio.h>

int side_sum(int a, int b) { return a + b; }

const char* side_greet(const char* name) {
  static char text[64];
  snprintf(text, sizeof(text), "hello, %s", name);
  return text;
}
