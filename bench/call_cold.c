/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// A thread calls JavaScript on the UI thread when both have slept for 5 ms. The
// code is compiled by then, as the floor's is, which has its burst before:
// where it is not yet, that takes as long as the wakes.

#include <unistd.h>

#include "bench.h"

#define CALLS 8
#define CALLS_TO_GET_WARM 10000

static void call(void) {
  if (MAIN_THREAD_EM_ASM_INT({ return 1; }) != 1)
    abort();
}

int main(int argc, char** argv) {
  bench_begin(argc, argv);
  for (int i = 0; i < CALLS_TO_GET_WARM; i++)
    call();
  for (int batch = -1; batch < bench_batches; batch++) {
    double spent = 0;
    for (int i = 0; i < CALLS; i++) {
      usleep(5000);
      double start = bench_now_ms();
      call();
      spent += bench_now_ms() - start;
    }
    // The first batch is to get warm.
    if (batch >= 0)
      bench_report("call_cold", "us", spent * 1e3 / CALLS);
  }
  return bench_end();
}
