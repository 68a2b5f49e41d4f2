/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Creates a thread and joins it at once, over and over, on a warm pool. Also
// runs as create_join_ui_busy, beside page/ui_busy.js.

#include "bench.h"

int main(int argc, char** argv) {
  bench_begin(argc, argv);
  bench_time("create_join", bench_create_join, 1);
  return bench_end();
}
