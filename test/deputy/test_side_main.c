/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// A program whose main() is in a library (-DSIDE), if there is one.

#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <stdio.h>

void report(const char* what, int value);

#ifdef SIDE
int main(int argc, char** argv) {
  report(argv[1], argc);
  return 7;
}
#else
void report(const char* what, int value) {
  printf("%s, %d, %s\n",
         what,
         value,
         emscripten_is_deputy_thread() ? "on the deputy" : "elsewhere");
}

// Called by the page.
EMSCRIPTEN_KEEPALIVE int twice(int value) { return 2 * value; }
#endif
