/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Four threads print lines until all are written: time per line. What gets them
// throws them away. Argument: their number.

#include "bench.h"

#define THREADS 4

static int lines = 100000;

static void* print(void* arg) {
  for (int i = 0; i < lines / THREADS; i++)
    printf("thread %d, line %d\n", (int)(long)arg, i);
  return NULL;
}

int main(int argc, char** argv) {
  bench_begin(argc, argv);
  if (argc > 3)
    lines = atoi(argv[3]);
  pthread_t threads[THREADS];
  MAIN_THREAD_EM_ASM({
    globalThis.benchOut = out;
    out = () => {};
  });
  double start = bench_now_ms();
  for (int i = 0; i < THREADS; i++)
    if (pthread_create(&threads[i], NULL, print, (void*)(long)i))
      abort();
  for (int i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  // After all that was printed.
  MAIN_THREAD_EM_ASM({ out = globalThis.benchOut; });
  bench_report("print", "us", (bench_now_ms() - start) * 1e3 / lines);
  return bench_end();
}
