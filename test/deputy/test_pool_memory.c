/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Memory runs out: EAGAIN, and nothing is lost.

#include <assert.h>
#include <emscripten/deputy.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>

enum { MOST = 64 };

static void* run(void* arg) { return arg; }

static void run_one(const pthread_attr_t* attr) {
  pthread_t thread;
  void* result;
  assert(pthread_create(&thread, attr, run, (void*)7) == 0);
  assert(pthread_join(thread, &result) == 0);
  assert(result == (void*)7);
}

int main(void) {
  pthread_attr_t attr;
  pthread_t thread;
  pthread_attr_init(&attr);
  run_one(NULL);
  size_t in_use = mallinfo().uordblks;

  // More than there is, and more than there can be.
  for (size_t size = 64 << 20; size <= SIZE_MAX / 4; size *= 2) {
    assert(pthread_attr_setstacksize(&attr, size) == 0);
    for (int i = 0; i < 200; i++) {
      assert(pthread_create(&thread, &attr, run, NULL) == EAGAIN);
    }
  }
  assert(mallinfo().uordblks == in_use);
  assert(emscripten_deputy_pool_live() == 1);
  run_one(NULL);

  // As many as fit, and one more.
  pthread_t threads[MOST];
  pthread_attr_setstacksize(&attr, 2 << 20);
  for (int round = 0; round < 3; round++) {
    int count = 0, error;
    while (!(error = pthread_create(&threads[count], &attr, run, NULL))) {
      assert(++count < MOST);
    }
    assert(error == EAGAIN);
    assert(count > 4);
    run_one(NULL);
    for (int i = 0; i < count; i++) {
      assert(pthread_join(threads[i], NULL) == 0);
    }
    run_one(&attr);
  }
  assert(emscripten_deputy_pool_live() == 1);
  // An idle stack a worker is all that came.
  assert(mallinfo().uordblks - in_use <= MOST * 1100);
  return 0;
}
