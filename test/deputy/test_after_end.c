/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// main() ends its own thread: no other thread is the deputy then, also none
// whose block comes to lie where the deputy's was.

#include <assert.h>
#include <emscripten/deputy.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void* leaf(void* arg) {
  assert(!emscripten_is_deputy_thread());
  return NULL;
}

static void* survivor(void* arg) {
  while (emscripten_deputy_thread()) {
    usleep(1000);
  }
  for (int i = 0; i < 20; i++) {
    pthread_t thread;
    assert(pthread_create(&thread, NULL, leaf, NULL) == 0);
    assert(pthread_join(thread, NULL) == 0);
  }
  printf("survived\n");
  return NULL;
}

int main(void) {
  pthread_t thread;
  assert(pthread_create(&thread, NULL, survivor, NULL) == 0);
  pthread_exit(NULL);
}
