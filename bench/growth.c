/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// How many workers exist after 2,000 create and join pairs with never more than
// eight threads alive; page/count_workers.js counts them. Nine are needed: the
// eight and the one that runs main().

#include <pthread.h>

#include "bench.h"

#define PAIRS 2000
#define MOST 8

int main(int argc, char** argv) {
  bench_begin(argc, argv);
  for (int pairs = 0, live = 1; pairs < PAIRS;
       pairs += live, live = live % MOST + 1) {
    pthread_t threads[MOST];
    for (int i = 0; i < live; i++) {
      if (pthread_create(&threads[i], NULL, bench_empty_thread, NULL))
        abort();
    }
    for (int i = 0; i < live; i++)
      pthread_join(threads[i], NULL);
  }
#ifdef __EMSCRIPTEN__
  bench_report("growth",
               "workers",
               MAIN_THREAD_EM_ASM_INT({ return globalThis.benchWorkers; }));
#endif
  return bench_end();
}
