/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Functions that sleep, by ASYNCIFY, in the thread that they were sent to:
// their callers wait until they are over, and what comes meanwhile is run.

#include <assert.h>
#include <emscripten/emscripten.h>
#include <emscripten/proxying.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

static pthread_t helper;
static em_proxying_queue* queue;
static atomic_int meanwhile;

static void* help(void* arg) { emscripten_exit_with_live_runtime(); }

static void count(void* arg) { meanwhile++; }

static void add_slowly(void* arg) {
  int* sum = arg;
  for (int i = 1; i <= 4; i++) {
    emscripten_sleep(5);
    *sum += i;
  }
}

static void* call(void* arg) {
  for (int i = 0; i < 10; i++) {
    int sum = 0;
    assert(emscripten_proxy_sync(queue, helper, add_slowly, &sum));
    assert(sum == 10);
    assert(emscripten_proxy_async(queue, helper, count, NULL));
  }
  return NULL;
}

int main(void) {
  queue = em_proxying_queue_create();
  assert(!pthread_create(&helper, NULL, help, NULL));
  call(NULL);
  pthread_t thread;
  assert(!pthread_create(&thread, NULL, call, NULL));
  pthread_join(thread, NULL);
  while (meanwhile < 20) {
    emscripten_sleep(1);
  }
  puts("done");
  emscripten_force_exit(0);
}
