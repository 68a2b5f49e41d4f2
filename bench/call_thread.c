/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// A thread calls a C function on another that is at its event loop.

#include <emscripten/proxying.h>
#include <stdatomic.h>

#include "bench.h"

static pthread_t target;
static atomic_int is_ready;

static void* serve(void* arg) {
  is_ready = 1;
  emscripten_exit_with_live_runtime();
}

static void nothing(void* arg) {}

static void call(void) {
  if (!emscripten_proxy_sync(
        emscripten_proxy_get_system_queue(), target, nothing, NULL))
    abort();
}

int main(int argc, char** argv) {
  bench_begin(argc, argv);
  if (pthread_create(&target, NULL, serve, NULL))
    abort();
  while (!is_ready) {
  }
  bench_time("call_thread", call, 1);
  int error = bench_end();
  exit(error);
}
