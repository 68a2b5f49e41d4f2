/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * What every benchmark program includes, once, beside its main(): a clock, a
 * timed loop, samples as JSON lines and a thread that does nothing. The same
 * source runs natively and in every engine; runner/rounds.py gives the
 * arguments and reads the lines.
 *
 *   int main(int argc, char** argv) {
 *     bench_begin(argc, argv);
 *     bench_time("create_join", bench_create_join, 1);
 *     return bench_end();
 *   }
 */
#pragma once

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef __EMSCRIPTEN__
#include <emscripten/emscripten.h>
#ifdef BENCH_DEPUTY
#include <emscripten/deputy.h>
#endif
#else
#include <time.h>
#endif

#define BENCH_MAX_SAMPLES 4096
#define BENCH_WARM_MS 60

typedef struct {
  const char* name;
  const char* unit;
  double value;
} bench_sample;

static bench_sample bench_samples[BENCH_MAX_SAMPLES];
static int bench_count;

// How many samples a run takes, and how long one of them should be.
static int bench_batches = 10;
static double bench_batch_ms = 20;

// Takes the arguments BATCHES and BATCH_MS.
static inline void bench_begin(int argc, char** argv) {
  if (argc > 1)
    bench_batches = atoi(argv[1]);
  if (argc > 2)
    bench_batch_ms = atof(argv[2]);
#ifdef __EMSCRIPTEN__
  // What the page did before is not the benchmark's.
  MAIN_THREAD_EM_ASM({
    if (globalThis.uiGaps) uiGaps.reset();
  });
#endif
}

// Monotonic milliseconds, comparable between threads. Browsers round them, to 5
// µs at best and to 1 ms at worst, so time many operations together, or
// average many differences.
static inline double bench_now_ms(void) {
#ifdef __EMSCRIPTEN__
  return emscripten_get_now();
#else
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
#endif
}

// Keeps a sample. It is printed by bench_end: a line printed meanwhile would
// cost the UI thread a request in the middle of what is measured.
static inline void
bench_report(const char* name, const char* unit, double value) {
  assert(bench_count < BENCH_MAX_SAMPLES);
  bench_samples[bench_count++] = (bench_sample){name, unit, value};
}

// Prints the samples; the status main() returns.
static inline int bench_end(void) {
  for (int i = 0; i < bench_count; i++) {
    const bench_sample* sample = &bench_samples[i];
    printf("{\"bench\": \"%s\", \"unit\": \"%s\", \"value\": %.6g}\n",
           sample->name,
           sample->unit,
           sample->value);
  }
  return fflush(stdout);
}

// Takes bench_batches samples, in µs, of `step`, which does `things` things a
// call. Warm-up is over after 60 ms and 3 calls; from then on a sample is as
// many calls as took bench_batch_ms there, at least one.
static inline void
bench_time(const char* name, void (*step)(void), int things) {
  int calls = 0;
  double start = bench_now_ms(), spent = 0;
  for (; calls < 3 || spent < BENCH_WARM_MS; spent = bench_now_ms() - start) {
    step();
    calls++;
  }
  // The warm half tells the pace better than the first calls do.
  int pace = calls / 2 + 1;
  start = bench_now_ms();
  for (int i = 0; i < pace; i++)
    step();
  spent = bench_now_ms() - start;
  calls = spent > 0 ? (int)(pace * bench_batch_ms / spent) + 1 : pace * 10;
  for (int batch = 0; batch < bench_batches; batch++) {
    start = bench_now_ms();
    for (int i = 0; i < calls; i++)
      step();
    bench_report(name, "us", (bench_now_ms() - start) * 1e3 / calls / things);
  }
}

#ifdef __EMSCRIPTEN__
// How many workers exist; counted by page/count_workers.js.
static inline int bench_workers(void) {
  return MAIN_THREAD_EM_ASM_INT({ return globalThis.benchWorkers; });
}
#endif

static inline void* bench_empty_thread(void* arg) { return arg; }

// Creates a thread that does nothing, and joins it.
static inline void bench_create_join(void) {
  pthread_t thread;
  int error = pthread_create(&thread, NULL, bench_empty_thread, NULL);
  if (error || pthread_join(thread, NULL))
    abort();
}
