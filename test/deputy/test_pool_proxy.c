/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Work is proxied to threads: at their event loop, not there yet, gone.

#include <assert.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <emscripten/proxying.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

// Waits for a state, 10 s at most.
#define AWAIT(condition)                                                       \
  for (double end = emscripten_get_now() + 10000; !(condition); usleep(1000))  \
  assert(emscripten_get_now() < end && #condition)

static em_proxying_queue* queue;
static atomic_int calls, naps;

static void count(void* thread) {
  assert(pthread_self() == *(pthread_t*)thread);
  calls++;
}

static void end_thread(void* arg) { pthread_exit(arg); }

static void* loop(void* arg) { emscripten_exit_with_live_runtime(); }

// While it sleeps, it runs what the system queue has for it; not our queue's.
static void* ignore(void* arg) {
  AWAIT((naps++, calls == (int)(long)arg));
  return NULL;
}

static pthread_t create(void* (*entry)(void*), void* arg) {
  pthread_t thread;
  assert(pthread_create(&thread, NULL, entry, arg) == 0);
  return thread;
}

static void* join(pthread_t thread) {
  void* result;
  assert(pthread_join(thread, &result) == 0);
  return result;
}

// Just created, and then at its event loop.
static void to_loop(void) {
  pthread_t thread = create(loop, NULL);
  int before = calls;
  assert(emscripten_proxy_sync(queue, thread, count, &thread));
  assert(calls == before + 1);
  for (int i = 0; i < 10; i++) {
    assert(emscripten_proxy_async(queue, thread, count, &thread));
  }
  assert(emscripten_proxy_sync(queue, thread, count, &thread));
  assert(calls == before + 12);
  assert(emscripten_proxy_async(queue, thread, end_thread, (void*)9));
  assert(join(thread) == (void*)9);
}

// One that ends without looking.
static void to_ending(void) {
  calls = naps = 0;
  pthread_t thread = create(ignore, (void*)1);
  assert(emscripten_proxy_async(queue, thread, count, &thread));
  int before = naps;
  AWAIT(naps > before + 2);
  assert(!calls);
  calls = 1;
  // False: what was sent is thrown away at its end.
  assert(!emscripten_proxy_sync(queue, thread, count, &thread));
  assert(calls == 1);
  assert(!emscripten_proxy_async(queue, thread, count, &thread));
  join(thread);
}

static void* ask(void* target) {
  for (int i = 0; i < 100; i++) {
    assert(emscripten_proxy_sync(queue, *(pthread_t*)target, count, target));
  }
  return NULL;
}

// Four at a time, and the UI thread with them.
static void from_many(void) {
  pthread_t thread = create(loop, NULL), threads[4];
  calls = 0;
  for (int i = 0; i < 4; i++) {
    threads[i] = create(ask, &thread);
  }
  MAIN_THREAD_EM_ASM({
    for (var i = 0; i < 100; i++) {
      _send($0, $1);
    }
  }, &thread, queue);
  for (int i = 0; i < 4; i++) {
    join(threads[i]);
  }
  AWAIT(calls == 500);
  assert(emscripten_proxy_async(queue, thread, end_thread, (void*)9));
  assert(join(thread) == (void*)9);
}

// UI thread.
EMSCRIPTEN_KEEPALIVE void send(pthread_t* thread, em_proxying_queue* to) {
  assert(emscripten_proxy_async(to, *thread, count, thread));
}

// UI thread: one that has no worker yet.
EMSCRIPTEN_KEEPALIVE void create_and_send(pthread_t* thread) {
  *thread = create(loop, NULL);
  send(thread, queue);
}

int main(void) {
  queue = em_proxying_queue_create();
  pthread_t thread;
  calls = 0;
  MAIN_THREAD_EM_ASM({ _create_and_send($0); }, &thread);
  AWAIT(calls == 1);
  assert(emscripten_proxy_async(queue, thread, end_thread, (void*)9));
  assert(join(thread) == (void*)9);
  for (int i = 0; i < 20; i++) {
    to_loop();
    to_ending();
  }
  from_many();
  printf("done\n");
  return 0;
}
