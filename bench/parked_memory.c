/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// What a parked worker costs: the resident memory of the Node.js process with
// 33 workers parked, less that with 1 parked, by 32. With the deputy there are
// spare ones besides, as many before as after.

#include <math.h>
#include <pthread.h>
#include <unistd.h>

#include "bench.h"

#define MORE 32

static pthread_barrier_t barrier;

static void* meet(void* arg) {
  pthread_barrier_wait(&barrier);
  return arg;
}

// Returns once `count` threads have run at the same time and have ended, and no
// worker is loading.
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
#ifdef BENCH_DEPUTY
  while (emscripten_deputy_pool_idle() < count + emscripten_deputy_pool_spare())
    usleep(10000);
#endif
}

static double resident_bytes(void) {
  return MAIN_THREAD_EM_ASM_DOUBLE({ return process.memoryUsage.rss(); });
}

// When it has changed by less than 1% for half a second, after three at most.
static double settled_bytes(void) {
  double settled = resident_bytes();
  for (int calm = 0, looks = 0; calm < 5 && looks < 30; calm++, looks++) {
    usleep(100000);
    double now = resident_bytes();
    if (fabs(now - settled) > settled / 100) {
      settled = now;
      calm = -1;
    }
  }
  return settled;
}

int main(int argc, char** argv) {
  bench_begin(argc, argv);
#ifdef BENCH_DEPUTY
  emscripten_deputy_pool_set_idle_timeout(0); // none leaves meanwhile
#endif
  park(1);
  int workers = bench_workers();
  double bytes = settled_bytes();
  park(MORE + 1);
  if (bench_workers() != workers + MORE) {
    fprintf(stderr, "not %d more workers than %d\n", MORE, workers);
    return 1;
  }
  double more = settled_bytes() - bytes;
  bench_report("parked_memory", "MB", more / MORE / 1e6);
  return bench_end();
}
