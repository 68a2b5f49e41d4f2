// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// The page awaits one call after the other.

/* global bench, caller */

let number = 0;
await bench.timed(
  async () => {
    if (await caller.next(number) != ++number) throw new Error('a wrong answer');
    number %= 1e6;
  },
  (ms, steps) => bench.sample(ms * 1000 / steps));
