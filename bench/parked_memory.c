/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// What a parked worker costs: the resident memory of the Node.js process with
// 33 workers parked, less that with 1 parked, by 32.

#include <pthread.h>
#include <unistd.h>

#include "bench.h"

#define MORE 32

static pthread_barrier_t barrier;

static void* meet(void* arg) {
  pthread_barrier_wait(&barrier);
  return arg;
}

// Returns once `count` threads have run at the same time, ended and parked.
static void park(int count) {
  pthread_t threads[MORE + 1];
  pthread_barrier_init(&barrier, NULL, count);
  for (int i = 0; i < count; i++) {
    if (pthread_create(&threads[i], NULL, meet, NULL))
      abort();
  }
  for (int i = 0; i < count; i++)
    pthread_join(threads[i], NULL);
  pthread_barrier_destroy(&barrier);
  usleep(200000);
}

static double resident_bytes(void) {
#ifdef __EMSCRIPTEN__
  return MAIN_THREAD_EM_ASM_DOUBLE({ return process.memoryUsage.rss(); });
#else
  return 0;
#endif
}

int main(int argc, char** argv) {
  bench_begin(argc, argv);
  park(1);
  double one = resident_bytes();
  park(MORE + 1);
  bench_report("parked_memory", "MB", (resident_bytes() - one) / MORE / 1e6);
  return bench_end();
}
