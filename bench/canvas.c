/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// A thread draws frames on a canvas of the page's by 10,000 calls that nobody
// waits for, and waits at the end of each: time per frame; with the fork also
// as one batch.

#include "bench.h"

#define CALLS 10000

static void frame(void) {
  for (int i = 0; i < CALLS; i++)
    MAIN_THREAD_ASYNC_EM_ASM({ benchView.fillRect($0, $1, 1, 1); },
                             i % 300,
                             i / 300);
  MAIN_THREAD_EM_ASM({});
}

#ifdef BENCH_DEPUTY
static void frame_in_batch(void) {
  emscripten_deputy_batch_begin();
  frame();
  if (emscripten_deputy_batch_end())
    abort();
}
#endif

int main(int argc, char** argv) {
  bench_begin(argc, argv);
  MAIN_THREAD_EM_ASM(
    { globalThis.benchView = document.createElement('canvas').getContext('2d'); });
  bench_time("canvas", frame, 1);
#ifdef BENCH_DEPUTY
  bench_time("canvas/batch", frame_in_batch, 1);
#endif
  return bench_end();
}
