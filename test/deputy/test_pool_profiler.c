/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// The thread profiler lists the threads that run.

#include <assert.h>
#include <emscripten/emscripten.h>
#include <emscripten/threading.h>
#include <pthread.h>

static pthread_barrier_t named, listed;

static void* wait(void* name) {
  emscripten_set_thread_name(pthread_self(), name);
  pthread_barrier_wait(&named);
  pthread_barrier_wait(&listed);
  return NULL;
}

int main(void) {
  pthread_t one, other;
  pthread_barrier_init(&named, NULL, 3);
  pthread_barrier_init(&listed, NULL, 3);
  assert(pthread_create(&one, NULL, wait, "one") == 0);
  assert(pthread_create(&other, NULL, wait, "other") == 0);
  pthread_barrier_wait(&named);
  MAIN_THREAD_EM_ASM({ emscriptenThreadProfiler.dumpState(); });
  pthread_barrier_wait(&listed);
  assert(pthread_join(one, NULL) == 0);
  assert(pthread_join(other, NULL) == 0);
  return 0;
}
