/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Threads for which there are no workers: the page says when to go on.

#include <assert.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <emscripten/threading.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_int goes;

// UI thread.
EMSCRIPTEN_KEEPALIVE void go(void) {
  goes++;
  emscripten_futex_wake(&goes, INT32_MAX);
}

static void wait_for_go(int number) {
  for (int seen; (seen = goes) < number;) {
    emscripten_futex_wait(&goes, seen, INFINITY);
  }
}

static void* run(void* arg) { return arg; }

// In worker_pool.cpp: pthread_create() calls it when the thread was admitted,
// and starts the thread then. test_pool.py has the linker lead it through here.
void __real__emscripten_deputy_pool_enter(int index,
                                          pthread_t thread,
                                          void* (*entry)(void*),
                                          void* arg);

static bool is_late;

void __wrap__emscripten_deputy_pool_enter(int index,
                                          pthread_t thread,
                                          void* (*entry)(void*),
                                          void* arg) {
  if (is_late) {
    assert(emscripten_deputy_pool_reserve(1) == EAGAIN);
  }
  __real__emscripten_deputy_pool_enter(index, thread, entry, arg);
}

static void create_and_join(int count) {
  pthread_t threads[8];
  int cancelled = 0;
  for (long i = 0; i < count; i++) {
    assert(pthread_create(&threads[i], NULL, run, (void*)i) == 0);
  }
  for (long i = 0; i < count; i++) {
    void* result;
    assert(pthread_join(threads[i], &result) == 0);
    assert(result == PTHREAD_CANCELED || result == (void*)i);
    cancelled += result == PTHREAD_CANCELED;
  }
  printf("%d of %d cancelled\n", cancelled, count);
}

static void try(void) {
  pthread_t thread;
  int error = emscripten_deputy_pool_reserve(1);
  printf("reserve: %s\n", error == EAGAIN ? "EAGAIN" : strerror(error));
  error = pthread_create(&thread, NULL, run, NULL);
  printf("create: %s\n", error == EAGAIN ? "EAGAIN" : strerror(error));
}

int main(int argc, char** argv) {
  wait_for_go(1);
  is_late = argc > 2 && !strcmp(argv[2], "late");
  // They wait for workers, and their creator for them.
  create_and_join(atoi(argv[1]));
  // The deputy's worker is the only one.
  printf("%d workers, %d threads, %d queued\n",
         emscripten_deputy_pool_size(),
         emscripten_deputy_pool_live(),
         emscripten_deputy_pool_queued());
  try();
  // Another try, which fails as the first.
  try();
  if (argc > 2 && !strcmp(argv[2], "again")) {
    MAIN_THREAD_ASYNC_EM_ASM({ globalThis.isAwaited = true; });
    wait_for_go(2);
    printf("reserve: %d\n", emscripten_deputy_pool_reserve(3));
    create_and_join(3);
  }
  return 0;
}
