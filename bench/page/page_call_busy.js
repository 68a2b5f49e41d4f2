// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// The page calls a thread that computes for 9 ms of every 10, at random times, one call after the other.

/* global bench, caller */

await caller.keepBusy();
let latencies = [];
await bench.timed(
  async () => {
    await bench.sleep(10 * Math.random());
    const begin = performance.now();
    await caller.next(1);
    latencies.push(performance.now() - begin);
  },
  () => {
    latencies.sort((a, b) => a - b);
    bench.sample(latencies[latencies.length >> 1]);
    bench.sample(latencies[Math.floor(latencies.length * 0.9)], 'p90');
    latencies = [];
  },
  () => {
    latencies = [];
  });
