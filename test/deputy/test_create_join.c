/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Creates a thread and joins it at once, on a pool that starts empty: the UI
// thread, at its event loop, has to load the first worker meanwhile.

#include <assert.h>
#include <pthread.h>
#include <stdio.h>

static void* twice(void* arg) { return (void*)((long)arg * 2); }

int main(void) {
  long sum = 0;
  for (long i = 0; i < 100; i++) {
    pthread_t thread;
    void* result;
    assert(pthread_create(&thread, NULL, twice, (void*)i) == 0);
    assert(pthread_join(thread, &result) == 0);
    sum += (long)result;
  }
  printf("%ld\n", sum);
  return 0;
}
