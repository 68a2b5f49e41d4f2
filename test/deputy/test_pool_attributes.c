/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Threads have the stack that their attributes ask for, on whatever worker.

#define _GNU_SOURCE
#include <assert.h>
#include <emscripten/stack.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  char* stack;
  size_t size;
} Asked;

static void* look(void* arg) {
  Asked* asked = arg;
  pthread_attr_t attr;
  void* stack;
  size_t size;
  int detach_state;
  char local;
  assert(pthread_getattr_np(pthread_self(), &attr) == 0);
  assert(pthread_attr_getstack(&attr, &stack, &size) == 0);
  assert(pthread_attr_getdetachstate(&attr, &detach_state) == 0);
  pthread_attr_destroy(&attr);
  assert(detach_state == PTHREAD_CREATE_JOINABLE);
  assert(size == asked->size);
  assert((char*)stack <= &local && &local < (char*)stack + size);
  assert(emscripten_stack_get_base() - emscripten_stack_get_end() == size);
  assert(!asked->stack || (char*)stack == asked->stack);
  // Nearly all of it.
  size_t used = size - 8192;
  char* volatile filled = __builtin_alloca(used);
  memset(filled, 0x5a, used);
  return filled;
}

static void run(const pthread_attr_t* attr, Asked asked) {
  pthread_t thread;
  assert(pthread_create(&thread, attr, look, &asked) == 0);
  assert(pthread_join(thread, NULL) == 0);
}

int main(void) {
  static const size_t sizes[] = {16 << 10, 64 << 10, 1 << 20, 100 << 10};
  for (int i = 0; i < 20; i++) {
    size_t size = sizes[i % 4];
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    assert(pthread_attr_setstacksize(&attr, size) == 0);
    assert(pthread_attr_setguardsize(&attr, i % 3 * 4096) == 0);
    run(&attr, (Asked){NULL, size});

    // The program's own, with nothing of the thread's in it.
    char* stack = aligned_alloc(16, size + 32);
    memset(stack, 0x77, size + 32);
    assert(pthread_attr_setstack(&attr, stack + 16, size) == 0);
    run(&attr, (Asked){stack + 16, size});
    for (int j = 0; j < 16; j++) {
      assert(stack[j] == 0x77 && stack[size + 16 + j] == 0x77);
    }
    free(stack);
    pthread_attr_destroy(&attr);
  }
  printf("fits\n");
  return 0;
}
