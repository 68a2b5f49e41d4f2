/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Threads that each have to wait for a new worker, one after the other: where
// the time from the call of pthread_create to the first instruction goes. The
// threads stay, so that none leaves its worker to the next.
// page/count_workers.js tells when a worker was made, cold_stages.js in the
// worker the rest.

#include <pthread.h>

#include "bench.h"

#define MAX_THREADS 100

// Times, in the order in which they pass.
enum { CALLED, MADE, SCRIPT, MESSAGE, READY, RUNS, TIMES };

static const char* const names[] = {"cold_stages/ask",
                                    "cold_stages/worker",
                                    "cold_stages/script",
                                    "cold_stages/init",
                                    "cold_stages/thread"};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static double times[TIMES];
static int running, is_over;

static void* run(void* arg) {
  double now = bench_now_ms();
  pthread_mutex_lock(&mutex);
  times[RUNS] = now;
  for (int i = SCRIPT; i <= READY; i++)
    times[i] = EM_ASM_DOUBLE({ return globalThis.benchTimes[$0]; }, i - SCRIPT);
  running++;
  pthread_cond_broadcast(&changed);
  while (!is_over)
    pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
  return arg;
}

// Adds what each stage took to `sums`; returns how many threads it took.
static int start_cold(pthread_t* threads, int count, double* sums) {
  int created = 0;
  for (int cold = 0; cold < count; created++) {
    int workers = bench_workers();
    times[CALLED] = bench_now_ms();
    if (created == MAX_THREADS ||
        pthread_create(&threads[created], NULL, run, NULL))
      abort();
    pthread_mutex_lock(&mutex);
    while (running == created)
      pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    // A worker that was there, the spare one say, is not cold.
    if (bench_workers() == workers)
      continue;
    times[MADE] =
      MAIN_THREAD_EM_ASM_DOUBLE({ return globalThis.benchLastMade; });
    for (int i = 1; i < TIMES; i++)
      sums[i] += times[i] - times[i - 1];
    cold++;
  }
  return created;
}

int main(int argc, char** argv) {
  bench_begin(argc, argv);
#ifdef BENCH_DEPUTY
  emscripten_deputy_pool_set_spare(0);
#endif
  pthread_t threads[MAX_THREADS];
  double sums[TIMES] = {0}, total = 0;
  int count = 2 * bench_batches;
  int created = start_cold(threads, count, sums);
  for (int i = 1; i < TIMES; i++) {
    bench_report(names[i - 1], "ms", sums[i] / count);
    total += sums[i] / count;
  }
  bench_report("cold_stages", "ms", total);
  pthread_mutex_lock(&mutex);
  is_over = 1;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
  for (int i = 0; i < created; i++)
    pthread_join(threads[i], NULL);
  return bench_end();
}
