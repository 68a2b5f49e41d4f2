/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// atexit() handlers run on the thread that called exit(), which may block.

#include <emscripten/deputy.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static void* thread_main(void* arg) { return NULL; }

static void handler(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, thread_main, NULL);
  pthread_join(thread, NULL);
  printf("atexit on the %s\n",
         emscripten_is_deputy_thread() ? "deputy" : "wrong thread");
}

int main(void) {
  atexit(handler);
  return 26;
}
