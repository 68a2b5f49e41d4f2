/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// A thread ends while a timer of it runs: that does not fire on its worker, nor
// on the thread that comes next.

#include <assert.h>
#include <emscripten/eventloop.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

static atomic_int fired;

static void fire(void* count) { ++*(atomic_int*)count; }

static void* exit_before_timer(void* arg) {
  emscripten_set_timeout(fire, 10, &fired);
  pthread_exit(NULL);
}

static void* outlast_it(void* timers) {
  emscripten_set_timeout(fire, 40, timers);
  return NULL;
}

static void run(void* (*entry)(void*), void* arg) {
  pthread_t thread;
  assert(pthread_create(&thread, NULL, entry, arg) == 0);
  assert(pthread_join(thread, NULL) == 0);
}

int main(void) {
  for (int i = 1; i <= 3; i++) {
    atomic_int own = 0;
    run(exit_before_timer, NULL);
    run(outlast_it, &own);
    assert(own == 1);
  }
  printf("%s\n", fired ? "fired" : "gone");
  return 0;
}
