/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// The pool's functions in emscripten/deputy.h: argv[1] names a case.

#include <assert.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// Waits for a state, 10 s at most.
#define AWAIT(condition)                                                       \
  for (double end = emscripten_get_now() + 10000; !(condition); usleep(1000))  \
  assert(emscripten_get_now() < end && #condition)

static pthread_barrier_t gate;
static atomic_int at_gate;

static void* pass_gate(void* arg) {
  at_gate++;
  pthread_barrier_wait(&gate);
  return NULL;
}

static void setters(void) {
  int old_max = emscripten_deputy_pool_max();
  // What is refused changes nothing.
  assert(emscripten_deputy_pool_set_spare(2) == 0);
  assert(emscripten_deputy_pool_set_spare(-1) == EINVAL);
  assert(emscripten_deputy_pool_set_spare(513) == EINVAL);
  assert(emscripten_deputy_pool_spare() == 2);
  assert(emscripten_deputy_pool_set_size(-1) == EINVAL);
  assert(emscripten_deputy_pool_set_size(513) == EINVAL);
  assert(emscripten_deputy_pool_set_max(0) == EINVAL);
  assert(emscripten_deputy_pool_set_max(-1) == EINVAL);
  assert(emscripten_deputy_pool_set_max(513) == EINVAL);
  assert(emscripten_deputy_pool_max() == old_max);
  assert(emscripten_deputy_pool_set_idle_timeout(-1) == EINVAL);
  assert(emscripten_deputy_pool_set_idle_timeout(INT_MAX) == 0);
  assert(emscripten_deputy_pool_idle_timeout() == INT_MAX);

  // More workers are started at once.
  AWAIT(emscripten_deputy_pool_idle() == 2);
  assert(emscripten_deputy_pool_size() == 3);
  assert(emscripten_deputy_pool_set_size(5) == 0);
  AWAIT(emscripten_deputy_pool_size() == 5 &&
        emscripten_deputy_pool_idle() == 4);
  assert(emscripten_deputy_pool_live() == 1);
  assert(emscripten_deputy_pool_queued() == 0);
}

// Too many leave after the timeout.
static void shrink(void) {
  assert(emscripten_deputy_pool_set_idle_timeout(20) == 0);
  assert(emscripten_deputy_pool_set_spare(3) == 0);
  AWAIT(emscripten_deputy_pool_idle() == 3);
  // The pool has come to rest: nothing but the call makes it look again.
  usleep(100000);
  assert(emscripten_deputy_pool_set_spare(1) == 0);
  AWAIT(emscripten_deputy_pool_size() == 2);
  assert(emscripten_deputy_pool_set_spare(0) == 0);
  AWAIT(emscripten_deputy_pool_size() == 1);
}

// The limit holds for workers, too, whatever else is asked for.
static void limit_of_workers(void) {
  assert(emscripten_deputy_pool_set_max(3) == 0);
  assert(emscripten_deputy_pool_set_size(6) == 0);
  assert(emscripten_deputy_pool_set_spare(6) == 0);
  AWAIT(emscripten_deputy_pool_idle() >= 2);
  usleep(100000);
  assert(emscripten_deputy_pool_size() == 3);
}

// Linked with PTHREAD_POOL_SIZE_MAX=4: the deputy and three more.
static void limit_of_threads(void) {
  pthread_t threads[3], other;
  assert(emscripten_deputy_pool_max() == 4);
  for (int round = 0; round < 3; round++) {
    at_gate = 0;
    pthread_barrier_init(&gate, NULL, 4);
    for (int i = 0; i < 3; i++) {
      assert(pthread_create(&threads[i], NULL, pass_gate, NULL) == 0);
    }
    assert(emscripten_deputy_pool_live() == 4);
    assert(pthread_create(&other, NULL, pass_gate, NULL) == EAGAIN);
    AWAIT(at_gate == 3);
    size_t before = mallinfo().uordblks;
    for (int i = 0; i < 10000; i++) {
      assert(pthread_create(&other, NULL, pass_gate, NULL) == EAGAIN);
    }
    assert(mallinfo().uordblks == before);
    assert(emscripten_deputy_pool_live() == 4);
    pthread_barrier_wait(&gate);
    for (int i = 0; i < 3; i++) {
      assert(pthread_join(threads[i], NULL) == 0);
      // As soon as one was joined there is room for one.
      pthread_barrier_init(&gate, NULL, 1);
      assert(pthread_create(&other, NULL, pass_gate, NULL) == 0);
      assert(pthread_join(other, NULL) == 0);
    }
  }
}

static atomic_int done;

// The UI thread does nothing else until the program says so, 10 s at most.
static void keep_ui_busy(void) {
  done = 0;
  MAIN_THREAD_ASYNC_EM_ASM(
    {
      var end = performance.now() + 10000;
      while (!Atomics.load(HEAP32, $0 >> 2) && performance.now() < end) {
      }
    },
    &done);
}

static void burst(int count) {
  pthread_t threads[16];
  int size = emscripten_deputy_pool_size();
  keep_ui_busy();
  at_gate = 0;
  pthread_barrier_init(&gate, NULL, count + 1);
  for (int i = 0; i < count; i++) {
    assert(pthread_create(&threads[i], NULL, pass_gate, NULL) == 0);
  }
  AWAIT(at_gate == count);
  done = 1;
  assert(emscripten_deputy_pool_queued() == 0);
  assert(emscripten_deputy_pool_size() == size);
  pthread_barrier_wait(&gate);
  for (int i = 0; i < count; i++) {
    assert(pthread_join(threads[i], NULL) == 0);
  }
}

static void* reserve_and_burst(void* arg) {
  assert(emscripten_deputy_pool_reserve(10) == 0);
  burst(10);
  return NULL;
}

// Linked with PTHREAD_POOL_SPARE=0.
static void reserve(void) {
  assert(emscripten_deputy_pool_idle() == 0);
  assert(emscripten_deputy_pool_reserve(0) == 0);
  assert(emscripten_deputy_pool_size() == 1);
  assert(emscripten_deputy_pool_reserve(6) == 0);
  assert(emscripten_deputy_pool_size() == 7);
  burst(6);
  // They are there already.
  assert(emscripten_deputy_pool_reserve(6) == 0);
  assert(emscripten_deputy_pool_size() == 7);
  // On any thread.
  pthread_t thread;
  assert(pthread_create(&thread, NULL, reserve_and_burst, NULL) == 0);
  assert(pthread_join(thread, NULL) == 0);
}

static void reserve_errors(void) {
  int size = emscripten_deputy_pool_size();
  assert(emscripten_deputy_pool_reserve(-1) == EINVAL);
  assert(emscripten_deputy_pool_reserve(INT_MIN) == EINVAL);
  assert(emscripten_deputy_pool_reserve(emscripten_deputy_pool_max()) ==
         EAGAIN);
  assert(emscripten_deputy_pool_reserve(INT_MAX) == EAGAIN);
  assert(MAIN_THREAD_EM_ASM_INT({ return _emscripten_deputy_pool_reserve(1);
         }) == EDEADLK);
  assert(emscripten_deputy_pool_size() == size);
  assert(emscripten_deputy_pool_set_max(2) == 0);
  assert(emscripten_deputy_pool_reserve(1) == 0);
  assert(emscripten_deputy_pool_reserve(2) == EAGAIN);
}

// The timeout is shorter than the load of a worker.
static void reserve_against_timeout(void) {
  assert(emscripten_deputy_pool_set_idle_timeout(1) == 0);
  for (int i = 0; i < 3; i++) {
    assert(emscripten_deputy_pool_reserve(8) == 0);
    AWAIT(emscripten_deputy_pool_size() == 1);
  }
}

int main(int argc, char** argv) {
  static const struct {
    const char* name;
    void (*run)(void);
  } cases[] = {
    {"setters", setters},
    {"shrink", shrink},
    {"limit_of_workers", limit_of_workers},
    {"limit_of_threads", limit_of_threads},
    {"reserve", reserve},
    {"reserve_errors", reserve_errors},
    {"reserve_against_timeout", reserve_against_timeout},
  };
  for (int i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
    if (!strcmp(argv[1], cases[i].name)) {
      cases[i].run();
      return 0;
    }
  }
  return 1;
}
