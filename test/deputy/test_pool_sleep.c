/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Threads that are suspended, by Asyncify or JSPI, threads that are not, and
// messages to one that is. Asyncify loses what a thread returns that was
// suspended, as it does in upstream: LOST.

#include <assert.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <emscripten/proxying.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#ifndef LOST
#define LOST(result) (result)
#endif

static atomic_int called, is_awake;

static void* suspend(void* arg) {
  emscripten_sleep(5);
  emscripten_sleep(0);
  return arg;
}

static void* do_not_suspend(void* arg) { return arg; }

static void* exit_suspended(void* arg) {
  emscripten_sleep(1);
  pthread_exit(arg);
}

static void call(void* arg) {
  assert(!is_awake);
  called++;
}

static void* sleep_long(void* arg) {
  while (!called) {
    emscripten_sleep(1);
  }
  is_awake = 1;
  return arg;
}

static pthread_t create(void* (*entry)(void*), long arg) {
  pthread_t thread;
  assert(pthread_create(&thread, NULL, entry, (void*)arg) == 0);
  return thread;
}

static long join(pthread_t thread) {
  void* result;
  assert(pthread_join(thread, &result) == 0);
  return (long)result;
}

int main(void) {
  for (int i = 0; i < 10; i++) {
    // On the same workers.
    assert(join(create(suspend, 1)) == LOST(1));
    assert(join(create(do_not_suspend, 2)) == 2);
    assert(join(create(exit_suspended, 3)) == 3);
    pthread_t threads[4];
    for (long j = 0; j < 4; j++) {
      threads[j] = create(j % 2 ? suspend : do_not_suspend, j);
    }
    for (long j = 0; j < 4; j++) {
      assert(join(threads[j]) == (j % 2 ? LOST(j) : j));
    }
  }
  pthread_t thread = create(sleep_long, 4);
  assert(emscripten_proxy_sync(
    emscripten_proxy_get_system_queue(), thread, call, NULL));
  assert(join(thread) == LOST(4));
  for (long i = 0; i < 500; i++) {
    assert(join(create(do_not_suspend, i)) == i);
  }
  printf("%d alive\n", emscripten_deputy_pool_live());
  return 0;
}
