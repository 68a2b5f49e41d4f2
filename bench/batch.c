/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Creates eight threads, then joins all eight, over and over.

#include <pthread.h>

#include "bench.h"

#define THREADS 8

static void eight(void) {
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) {
    if (pthread_create(&threads[i], NULL, bench_empty_thread, NULL))
      abort();
  }
  for (int i = 0; i < THREADS; i++) {
    if (pthread_join(threads[i], NULL))
      abort();
  }
}

int main(int argc, char** argv) {
  bench_begin(argc, argv);
  bench_time("batch", eight, THREADS);
  return bench_end();
}
