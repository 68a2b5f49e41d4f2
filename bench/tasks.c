/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Empty tasks through the thread pool every program writes: a queue, a mutex,
// two condition variables, four threads. The caller submits 256 and waits.

#include <pthread.h>

#include "bench.h"

#define THREADS 4
#define TASKS 256

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static pthread_cond_t idle = PTHREAD_COND_INITIALIZER;
static int queued, unfinished, stopping;
static volatile int work;

static void* serve(void* arg) {
  pthread_mutex_lock(&mutex);
  for (;;) {
    while (!queued && !stopping)
      pthread_cond_wait(&filled, &mutex);
    if (!queued)
      break;
    queued--;
    pthread_mutex_unlock(&mutex);
    work = 1; // the task
    pthread_mutex_lock(&mutex);
    if (--unfinished == 0)
      pthread_cond_signal(&idle);
  }
  pthread_mutex_unlock(&mutex);
  return arg;
}

static void submit_all(void) {
  for (int i = 0; i < TASKS; i++) {
    pthread_mutex_lock(&mutex);
    queued++;
    unfinished++;
    pthread_cond_signal(&filled);
    pthread_mutex_unlock(&mutex);
  }
  pthread_mutex_lock(&mutex);
  while (unfinished)
    pthread_cond_wait(&idle, &mutex);
  pthread_mutex_unlock(&mutex);
}

int main(int argc, char** argv) {
  bench_begin(argc, argv);
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) {
    if (pthread_create(&threads[i], NULL, serve, NULL))
      abort();
  }
  bench_time("tasks", submit_all, TASKS);
  pthread_mutex_lock(&mutex);
  stopping = 1;
  pthread_cond_broadcast(&filled);
  pthread_mutex_unlock(&mutex);
  for (int i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  return bench_end();
}
