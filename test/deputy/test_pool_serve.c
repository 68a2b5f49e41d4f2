/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// A program without a main(), whose page has threads wait at a gate.

#include <emscripten/emscripten.h>
#include <emscripten/threading.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int generation;

static void* wait_at_gate(void* arg) {
  int closed = (int)(long)arg;
  while (generation == closed) {
    emscripten_futex_wait(&generation, closed, INFINITY);
  }
  return NULL;
}

// UI thread. Returns 0, or the errno of the first thread that was not created.
EMSCRIPTEN_KEEPALIVE int hold(int threads) {
  while (threads--) {
    pthread_t thread;
    int error =
      pthread_create(&thread, NULL, wait_at_gate, (void*)(long)generation);
    if (error) {
      return error;
    }
    pthread_detach(thread);
  }
  return 0;
}

EMSCRIPTEN_KEEPALIVE void let_go(void) {
  generation++;
  emscripten_futex_wake(&generation, INT32_MAX);
}
