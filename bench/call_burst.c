/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// A thread calls JavaScript on the UI thread, again and again.

#include "bench.h"

static void call(void) {
  if (MAIN_THREAD_EM_ASM_INT({ return 1; }) != 1)
    abort();
}

int main(int argc, char** argv) {
  bench_begin(argc, argv);
  bench_time("call_burst", call, 1);
  return bench_end();
}
