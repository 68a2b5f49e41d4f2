/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// A Wasm Worker beside pthreads: it waits as they do, what it keeps in keys
// stays as it is, and the page waits for a lock that it holds.

#include <assert.h>
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#include <emscripten/wasm_worker.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define KEYS 8

static pthread_key_t keys[KEYS];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static atomic_int waits, is_held, is_wanted, is_done;

static void work(void) {
  for (long i = 0; i < KEYS; i++) {
    pthread_setspecific(keys[i], (void*)(i + 1));
  }
  waits = 1;
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
  usleep(1000);
  for (long i = 0; i < KEYS; i++) {
    assert(pthread_getspecific(keys[i]) == (void*)(i + 1));
  }
  pthread_mutex_lock(&held);
  is_held = 1;
  while (!is_wanted) {
    usleep(1000);
  }
  // Longer than a thread that has died is waited for.
  usleep(200000);
  pthread_mutex_unlock(&held);
}

// UI thread.
EMSCRIPTEN_KEEPALIVE int holds(void) { return is_held; }

EMSCRIPTEN_KEEPALIVE void wait_for_it(void) {
  is_wanted = 1;
  pthread_mutex_lock(&held);
  pthread_mutex_unlock(&held);
  is_done = 1;
}

// Deputy, from its event loop: in a browser its workers need that to load.
static void look(void* arg) {
  if (waits == 1) {
    // Until it sleeps.
    usleep(20000);
    pthread_mutex_unlock(&mutex);
    waits = 2;
  }
  if (is_done) {
    puts("done");
    exit(0);
  }
  emscripten_set_timeout(look, 1, NULL);
}

int main(void) {
  for (int i = 0; i < KEYS; i++) {
    assert(pthread_key_create(&keys[i], NULL) == 0);
  }
  pthread_mutex_lock(&mutex);
  emscripten_wasm_worker_t worker = emscripten_malloc_wasm_worker(16384);
  emscripten_wasm_worker_post_function_v(worker, work);
  emscripten_set_timeout(look, 1, NULL);
  emscripten_exit_with_live_runtime();
}
