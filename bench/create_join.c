/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Creates a thread and joins it at once, over and over, on a warm pool. Also
// runs as create_join_ui_busy, beside page/ui_busy.js.

#include <pthread.h>

#include "bench.h"

static void* nothing(void* arg) { return arg; }

static void pair(void) {
  pthread_t thread;
  int error = pthread_create(&thread, NULL, nothing, NULL);
  if (error || pthread_join(thread, NULL))
    abort();
}

int main(int argc, char** argv) {
  bench_begin(argc, argv);
  bench_time("create_join", pair, 1);
  return bench_end();
}
