/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// A thread calls JavaScript on the UI thread, again and again, while others
// compute. Argument: their number, 0 to 8.

#include <stdatomic.h>

#include "bench.h"

static atomic_int is_over;

static void* compute(void* arg) {
  while (!is_over) {
  }
  return arg;
}

static void call(void) {
  if (MAIN_THREAD_EM_ASM_INT({ return 1; }) != 1)
    abort();
}

int main(int argc, char** argv) {
  bench_begin(argc, argv);
  pthread_t threads[8];
  int others = argc > 3 ? atoi(argv[3]) : 0;
  for (int i = 0; i < others; i++)
    if (pthread_create(&threads[i], NULL, compute, NULL))
      abort();
  bench_time("call_burst", call, 1);
  is_over = 1;
  for (int i = 0; i < others; i++)
    pthread_join(threads[i], NULL);
  return bench_end();
}
