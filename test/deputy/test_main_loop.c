/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// main() unwinds into a main loop, on the deputy, and the program ends with it.

#include <assert.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <stdio.h>

static int frames;

static void frame(void) {
  assert(emscripten_is_deputy_thread());
  if (++frames == 3) {
    printf("%d frames\n", frames);
    emscripten_cancel_main_loop();
  }
}

int main(void) {
  emscripten_set_main_loop(frame, 60, 1);
  printf("not reached\n");
  return 1;
}
