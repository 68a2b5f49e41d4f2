/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// The same while three other threads compute.

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
  pthread_t threads[3];
  for (int i = 0; i < 3; i++)
    if (pthread_create(&threads[i], NULL, compute, NULL))
      abort();
  bench_time("call_busy", call, 1);
  is_over = 1;
  for (int i = 0; i < 3; i++)
    pthread_join(threads[i], NULL);
  return bench_end();
}
