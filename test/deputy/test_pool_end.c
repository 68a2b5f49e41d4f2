/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// The program ends, in the way that argv[1] names, while workers are idle,
// load, or have a thread.

#include <assert.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void* work(void* arg) {
  usleep(100000);
  printf("worked\n");
  return NULL;
}

static void* wait(void* arg) {
  pause();
  return NULL;
}

static void* run(void* arg) { return NULL; }

static void* exit_program(void* arg) { exit(0); }

static void* loop(void* arg) { emscripten_exit_with_live_runtime(); }

int main(int argc, char** argv) {
  const char* way = argv[1];
  pthread_t thread;
  if (!strcmp(way, "idle_workers")) {
    assert(emscripten_deputy_pool_reserve(8) == 0);
    return 0;
  }
  if (!strcmp(way, "loading_workers")) {
    assert(emscripten_deputy_pool_set_size(16) == 0);
    return 0;
  }
  if (!strcmp(way, "running_threads")) {
    for (int i = 0; i < 8; i++) {
      assert(pthread_create(&thread, NULL, i % 2 ? wait : loop, NULL) == 0);
    }
    // Queued, some of them.
    return 0;
  }
  if (!strcmp(way, "exit_from_thread")) {
    assert(pthread_create(&thread, NULL, exit_program, NULL) == 0);
    pthread_join(thread, NULL);
  }
  if (!strcmp(way, "last_thread")) {
    // The program is over when this one is.
    assert(pthread_create(&thread, NULL, run, NULL) == 0);
    assert(pthread_create(&thread, NULL, work, NULL) == 0);
    assert(pthread_detach(thread) == 0);
    pthread_exit(NULL);
  }
  return 1;
}
