/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// A main() that is suspended, by Asyncify or JSPI, on the deputy.

#include <assert.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <stdio.h>

int main(void) {
  emscripten_sleep(20);
  assert(emscripten_is_deputy_thread());
  printf("slept\n");
  return 0;
}
