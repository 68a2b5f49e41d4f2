/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// From the call of pthread_create to the new thread's first instruction, on a
// warm pool. Each sample is the mean of many: both clocks are rounded in
// browsers, and the mean of the difference is not.

#include <pthread.h>

#include "bench.h"

static double total_ms;
static double called_ms;

static void* arrive(void* arg) {
  // Join orders this before main()'s next use.
  total_ms += bench_now_ms() - called_ms;
  return arg;
}

static void pair(void) {
  pthread_t thread;
  called_ms = bench_now_ms();
  int error = pthread_create(&thread, NULL, arrive, NULL);
  if (error || pthread_join(thread, NULL))
    abort();
}

int main(int argc, char** argv) {
  bench_begin(argc, argv);
  for (double start = bench_now_ms(); bench_now_ms() - start < BENCH_WARM_MS;)
    pair();
  for (int batch = 0; batch < bench_batches; batch++) {
    total_ms = 0;
    int pairs = 0;
    for (double start = bench_now_ms();
         pairs < 10 || bench_now_ms() - start < bench_batch_ms;
         pairs++)
      pair();
    bench_report("first_instruction", "us", total_ms * 1e3 / pairs);
  }
  return bench_end();
}
