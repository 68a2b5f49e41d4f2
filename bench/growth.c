/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// How many workers exist after so many pairs of create and join, the third
// argument, with never more than eight threads alive. Nine are needed: for the
// eight and for main(). Stock Emscripten, which would take minutes, has a
// twentieth of the pairs to do.

#include <pthread.h>

#include "bench.h"

#define MOST 8

int main(int argc, char** argv) {
  bench_begin(argc, argv);
  int pairs = argc > 3 ? atoi(argv[3]) : 1000;
#ifndef BENCH_DEPUTY
  pairs /= 20;
#endif
  for (int live = 1; pairs > 0; pairs -= live, live = live % MOST + 1) {
    pthread_t threads[MOST];
    for (int i = 0; i < live; i++) {
      if (pthread_create(&threads[i], NULL, bench_empty_thread, NULL))
        abort();
    }
    for (int i = 0; i < live; i++)
      pthread_join(threads[i], NULL);
  }
  bench_report("growth", "workers", bench_workers());
#ifdef BENCH_DEPUTY
  bench_report(
    "growth/floor", "workers", MOST + 1 + emscripten_deputy_pool_spare());
#endif
  return bench_end();
}
