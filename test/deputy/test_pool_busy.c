/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// The UI thread is busy all the time, and threads come and go without it.

#include <assert.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

// Waits for a state, 10 s at most.
#define AWAIT(condition)                                                       \
  for (double end = emscripten_get_now() + 10000; !(condition); usleep(1000))  \
  assert(emscripten_get_now() < end && #condition)

static atomic_int busy, done;

// The UI thread does nothing else until the program says so, 10 s at most.
static void keep_ui_busy(void) {
  MAIN_THREAD_ASYNC_EM_ASM(
    {
      Atomics.store(HEAP32, $0 >> 2, 1);
      var end = performance.now() + 10000;
      while (!Atomics.load(HEAP32, $1 >> 2) && performance.now() < end) {
      }
      Atomics.store(HEAP32, $0 >> 2, 0);
    },
    &busy,
    &done);
  AWAIT(busy);
}

static void* nothing(void* arg) { return arg; }

enum { ROUNDS = 5, PAIRS = 100 };

static double create_and_join(void) {
  double start = emscripten_get_now();
  for (long i = 0; i < PAIRS; i++) {
    pthread_t thread;
    void* result;
    assert(pthread_create(&thread, NULL, nothing, (void*)i) == 0);
    assert(pthread_join(thread, &result) == 0);
    assert((long)result == i);
  }
  return emscripten_get_now() - start;
}

enum { QUEUED = 50 };

static atomic_int started;
static int order[QUEUED];
static atomic_int let_go;

static void* hold(void* arg) {
  AWAIT(let_go);
  return NULL;
}

static void* enter_order(void* arg) {
  order[started++] = (int)(long)arg;
  return NULL;
}

static void* never_return(void* arg) {
  for (;;) {
    pause();
  }
}

// One worker, which is taken, and no other can be loaded.
static void queue(void) {
  pthread_t holder, cancelled, threads[QUEUED];
  void* result;
  assert(pthread_create(&holder, NULL, hold, NULL) == 0);
  AWAIT(emscripten_deputy_pool_idle() == 0);
  for (long i = 0; i < QUEUED; i++) {
    assert(pthread_create(&threads[i], NULL, enter_order, (void*)i) == 0);
  }
  // It ends where it first can, which is after its start.
  assert(pthread_create(&cancelled, NULL, never_return, NULL) == 0);
  assert(pthread_cancel(cancelled) == 0);
  assert(emscripten_deputy_pool_queued() == QUEUED + 1);
  assert(emscripten_deputy_pool_live() == QUEUED + 3);
  assert(started == 0);
  let_go = 1;
  assert(pthread_join(holder, NULL) == 0);
  for (int i = 0; i < QUEUED; i++) {
    assert(pthread_join(threads[i], NULL) == 0);
    assert(order[i] == i);
  }
  assert(pthread_join(cancelled, &result) == 0);
  assert(result == PTHREAD_CANCELED);
  assert(emscripten_deputy_pool_size() == 2);
}

int main(void) {
  assert(emscripten_deputy_pool_reserve(1) == 0);
  keep_ui_busy();
  double ms = 1e9;
  for (int i = 0; i < ROUNDS; i++) {
    double round = create_and_join();
    if (round < ms) {
      ms = round;
    }
  }
  assert(busy);
  queue();
  assert(busy);
  done = 1;
  fprintf(stderr, "%d pairs: %.1f ms\n", PAIRS, ms);
  printf("%s\n", ms < 100 ? "quick" : "slow");
  return 0;
}
