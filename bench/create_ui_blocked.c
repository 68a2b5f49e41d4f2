/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// One create and join at the moment the UI thread starts to spin for 200 ms,
// with a parked worker there to take the thread. Natively there is no UI.

#include <stdatomic.h>
#include <unistd.h>

#include "bench.h"

#define BLOCKED_MS 200
#define SAMPLES 3

enum { FREE, SPINNING };
static atomic_int ui;

static void wait_for(int state) {
  while (atomic_load(&ui) != state)
    usleep(1000);
}

static void block_ui(void) {
#ifdef __EMSCRIPTEN__
  MAIN_THREAD_ASYNC_EM_ASM(
    {
      Atomics.store(HEAP32, $0 >> 2, 1);
      const end = performance.now() + $1;
      while (performance.now() < end) {
      }
      Atomics.store(HEAP32, $0 >> 2, 0);
    },
    &ui,
    BLOCKED_MS);
  wait_for(SPINNING);
#endif
}

int main(int argc, char** argv) {
  bench_begin(argc, argv);
  for (int i = 0; i < 20; i++)
    bench_create_join();
  for (int i = 0; i < SAMPLES; i++) {
    usleep(20000); // the last thread's worker is parked by now
    block_ui();
    double start = bench_now_ms();
    bench_create_join();
    bench_report("create_ui_blocked", "ms", bench_now_ms() - start);
    wait_for(FREE);
  }
  return bench_end();
}
