/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// A futex word that comes to lie where a dead thread's block began: the dead
// thread's own Atomics.waitAsync must not be there to take the wake.

#include <assert.h>
#include <emscripten/threading.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// Less than a thread's stack, so that it fits where one was.
enum { SIZE = 32 * 1024, TRIES = 2000 };

static void* short_lived(void* arg) { return NULL; }

static void* wait_for_wake(void* word) {
  return (void*)(intptr_t)emscripten_futex_wait(word, 1, 3000);
}

// Memory that covers `address`, as soon as its block was freed.
static char* reallocate(uintptr_t address) {
  for (int i = 0; i < TRIES; i++) {
    char* block = malloc(SIZE);
    if (address - (uintptr_t)block < SIZE) {
      return block;
    }
    free(block);
    usleep(1000);
  }
  return NULL;
}

int main(void) {
  pthread_t thread;
  assert(pthread_create(&thread, NULL, short_lived, NULL) == 0);
  uint32_t* word = (uint32_t*)thread;
  assert(pthread_join(thread, NULL) == 0);

  char* block = reallocate((uintptr_t)word);
  if (!block) {
    printf("the dead thread's block was not freed\n");
    return 1;
  }
  *word = 1;
  assert(pthread_create(&thread, NULL, wait_for_wake, word) == 0);
  while (emscripten_futex_wake(word, 1) == 0) {
    usleep(1000);
  }
  void* result;
  assert(pthread_join(thread, &result) == 0);
  if (result) {
    printf("the wake went to the dead thread\n");
    return 2;
  }
  free(block);
  return 0;
}
