// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// Comes before a script that measures on the page: what bench.h is to programs. runner/programs.py puts before it
// `effort`: the benchmark's name, batches and batchMs.

/* global effort, report */

const WARM_MS = 60;

const samples = [];

globalThis.bench = {
  // Keeps a sample of the benchmark, or of a part of it.
  sample: (value, part = '') => samples.push({bench: effort.name + (part && '/' + part), value}),

  // At the end: a post meanwhile would cost the UI thread what is measured.
  reportAll() {
    for (const sample of samples) report(sample);
  },

  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),

  // Keeps the thread.
  passTime(ms) {
    const end = performance.now() + ms;
    while (performance.now() < end);
  },

  // Calls batchDone(ms, steps) for each batch of steps, as bench_time() does, and before the first warmDone().
  async timed(step, batchDone, warmDone = () => {}) {
    let steps = 0;
    let start = performance.now();
    for (; steps < 3 || performance.now() - start < WARM_MS; steps++) await step();
    // The warm half tells the pace better than the first steps do.
    const pace = (steps >> 1) + 1;
    start = performance.now();
    for (let i = 0; i < pace; i++) await step();
    const spent = performance.now() - start;
    steps = spent > 0 ? Math.floor(pace * effort.batchMs / spent) + 1 : pace * 10;
    warmDone();
    for (let batch = 0; batch < effort.batches; batch++) {
      start = performance.now();
      for (let i = 0; i < steps; i++) await step();
      batchDone(performance.now() - start, steps);
    }
  },
};
