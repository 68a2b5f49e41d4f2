/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// A side module is loaded while workers are parked, another is loaded later,
// and a thread is at its event loop: all can run what is in it.

#include <assert.h>
#include <dlfcn.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <emscripten/proxying.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum { PARKED = 3, MORE = 5 };

static void* loop(void* arg) { emscripten_exit_with_live_runtime(); }

static void* (*side_entry)(void*);

static void call(void* result) { *(void**)result = side_entry((void*)100); }

static void end_thread(void* arg) { pthread_exit(NULL); }

static void* nothing(void* arg) { return arg; }

int main(void) {
  pthread_t at_loop, done, threads[MORE];
  void* result;
  assert(pthread_create(&at_loop, NULL, loop, NULL) == 0);
  // Over, but not joined.
  assert(pthread_create(&done, NULL, nothing, NULL) == 0);
  assert(emscripten_deputy_pool_reserve(PARKED) == 0);

  void* side = dlopen("/side.wasm", RTLD_NOW);
  if (!side) {
    printf("%s\n", dlerror());
    return 1;
  }
  side_entry = (void* (*)(void*))dlsym(side, "side_entry");
  assert(side_entry);
  assert(pthread_join(done, NULL) == 0);
  for (int round = 0; round < 3; round++) {
    for (long i = 0; i < MORE; i++) {
      assert(pthread_create(&threads[i], NULL, side_entry, (void*)i) == 0);
    }
    for (long i = 0; i < MORE; i++) {
      assert(pthread_join(threads[i], &result) == 0);
      assert((long)result == 40 + i);
    }
  }
  em_proxying_queue* queue = em_proxying_queue_create();
  assert(emscripten_proxy_sync(queue, at_loop, call, &result));
  assert((long)result == 140);
  assert(emscripten_proxy_async(queue, at_loop, end_thread, NULL));
  assert(pthread_join(at_loop, NULL) == 0);
  printf("%ld\n", (long)side_entry((void*)2));
  return 0;
}
