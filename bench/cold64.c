/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// 64 threads at once, on a pool that starts empty: from the first create until
// all have run their first instruction. None ends before, so none can reuse
// another's worker. page/cold64_floor.js does the same with bare workers.

#include <pthread.h>
#include <stdatomic.h>

#include "bench.h"

#define THREADS 64

static atomic_int running;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t all_run = PTHREAD_COND_INITIALIZER;
static pthread_cond_t over = PTHREAD_COND_INITIALIZER;
static int is_over;

static void* run(void* arg) {
  int nth = atomic_fetch_add(&running, 1) + 1;
  pthread_mutex_lock(&mutex);
  if (nth == THREADS)
    pthread_cond_signal(&all_run);
  while (!is_over)
    pthread_cond_wait(&over, &mutex);
  pthread_mutex_unlock(&mutex);
  return arg;
}

int main(int argc, char** argv) {
  bench_begin(argc, argv);
  pthread_t threads[THREADS];
  double start = bench_now_ms();
  for (int i = 0; i < THREADS; i++) {
    if (pthread_create(&threads[i], NULL, run, NULL))
      abort();
  }
  pthread_mutex_lock(&mutex);
  while (atomic_load(&running) < THREADS)
    pthread_cond_wait(&all_run, &mutex);
  bench_report("cold64", "ms", bench_now_ms() - start);
  is_over = 1;
  pthread_cond_broadcast(&over);
  pthread_mutex_unlock(&mutex);
  for (int i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  return bench_end();
}
