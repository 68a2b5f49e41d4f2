/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// A thread lives on at its event loop and ends in a callback; then its worker
// runs the next.

#include <assert.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#include <pthread.h>
#include <stdio.h>

static _Thread_local int ticks;

static void end_thread(void* result) {
  assert(ticks == 1);
  pthread_exit(result);
}

static void pop(void* arg) {
  assert(ticks == 1);
  emscripten_runtime_keepalive_pop();
}

static void tick(void* next) {
  ticks++;
  emscripten_set_timeout(next, 0, (void*)31);
}

static void* exit_in_callback(void* arg) {
  emscripten_set_timeout(tick, 0, end_thread);
  emscripten_exit_with_live_runtime();
}

static void* pop_in_callback(void* arg) {
  emscripten_runtime_keepalive_push();
  emscripten_set_timeout(tick, 0, pop);
  return (void*)32;
}

static void nothing(void* arg) { ticks++; }

static void* return_with_timers(void* arg) {
  emscripten_set_timeout(nothing, 0, NULL);
  emscripten_set_timeout(nothing, 5, NULL);
  return (void*)33;
}

static void* plain(void* arg) {
  assert(ticks == 0);
  // A count that another left behind would keep this one alive.
  assert(!emscripten_runtime_keepalive_check());
  return (void*)35;
}

static long run(void* (*entry)(void*), void* arg) {
  pthread_t thread;
  void* result;
  assert(pthread_create(&thread, NULL, entry, arg) == 0);
  assert(pthread_join(thread, &result) == 0);
  return (long)result;
}

int main(void) {
  for (int i = 0; i < 20; i++) {
    assert(run(exit_in_callback, NULL) == 31);
    assert(run(plain, NULL) == 35);
    assert(run(pop_in_callback, NULL) == 32);
    assert(run(plain, NULL) == 35);
    assert(run(return_with_timers, NULL) == 33);
    assert(run(plain, NULL) == 35);
  }
  assert(emscripten_deputy_pool_size() <= 2 + emscripten_deputy_pool_spare());
  printf("ended\n");
  return 0;
}
