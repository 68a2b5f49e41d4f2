// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// Four threads allocate and free without end, and so do calls of the page's, ten in a turn of its event loop: the
// longest time between two ticks of it, in each batch.

/* global Module, bench, effort, uiGaps */

const CALLS = 10;

async function turns(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const calls = [];
    for (let i = 0; i < CALLS; i++) calls.push(Module._allocate());
    await Promise.all(calls);
    await bench.sleep(0);
  }
}

await Module._begin_contention();
while (!await Module._is_contended()) await bench.sleep(5);
await turns(effort.batchMs);
for (let batch = 0; batch < effort.batches; batch++) {
  uiGaps.reset();
  await turns(effort.batchMs);
  bench.sample(uiGaps.summary().max);
}
await Module._end_contention();
