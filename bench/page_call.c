/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// What the page calls, in the benchmarks of such calls; page/page_call*.js
// have the calls. With the fork these run on the deputy, with stock inline, on
// the UI thread.

#include <stdatomic.h>

#include <emscripten/eventloop.h>

#include "bench.h"

#define THREADS 4
#define BLOCK_BYTES 1000
#define PERIOD_MS 10
#define BUSY_MS 9

static pthread_t threads[THREADS];
static atomic_int running;
static atomic_int is_over;

EMSCRIPTEN_KEEPALIVE int next(int number) { return number + 1; }

EMSCRIPTEN_KEEPALIVE int last(const char* bytes, int length) {
  return bytes[length - 1];
}

// ---- A thread at 90 % load -------------------------------------------------

static void compute(void* arg) {
  double end = bench_now_ms() + BUSY_MS;
  while (bench_now_ms() < end) {
  }
}

EMSCRIPTEN_KEEPALIVE void keep_busy(void) {
  emscripten_set_interval(compute, PERIOD_MS, NULL);
}

// ---- Threads that contend for the allocator's lock -------------------------

EMSCRIPTEN_KEEPALIVE void allocate(void) {
  // (Else the compiler leaves it out.)
  void* volatile block = malloc(BLOCK_BYTES);
  free(block);
}

static void* contend(void* arg) {
  running++;
  while (!is_over)
    allocate();
  return arg;
}

EMSCRIPTEN_KEEPALIVE void begin_contention(void) {
  for (int i = 0; i < THREADS; i++)
    if (pthread_create(&threads[i], NULL, contend, NULL))
      abort();
}

EMSCRIPTEN_KEEPALIVE int is_contended(void) { return running == THREADS; }

EMSCRIPTEN_KEEPALIVE void end_contention(void) { is_over = 1; }

int main(void) { emscripten_exit_with_live_runtime(); }
