// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// The page makes 10,000 calls, and then awaits all.

/* global bench, caller */

const CALLS = 10_000;

await bench.timed(
  async () => {
    const calls = [];
    for (let i = 0; i < CALLS; i++) calls.push(caller.next(i));
    const answers = await Promise.all(calls);
    if (answers.some((answer, i) => answer != i + 1)) throw new Error('a wrong answer');
  },
  (ms, steps) => bench.sample(ms * 1000 / (steps * CALLS)));
