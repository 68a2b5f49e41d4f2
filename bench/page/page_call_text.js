// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// The page passes 1 MB of text, and then of bytes, and awaits each call. The parts “UI” are how long the call
// expression takes, for which the page stands still.

/* global bench, caller */

const BYTES = 1 << 20;
const LAST = 33;

const bytes = new Uint8Array(BYTES).fill(32);
bytes[BYTES - 1] = LAST;
// (What is made of pieces, engines would put together in the first call.)
const text = new TextDecoder().decode(bytes);

async function measure(call, value, part, partUI) {
  let issuing = 0;
  await bench.timed(
    async () => {
      const begin = performance.now();
      const promise = call(value);
      issuing += performance.now() - begin;
      if (await promise != LAST) throw new Error('a wrong answer');
    },
    (ms, steps) => {
      bench.sample(ms / steps, part);
      bench.sample(issuing / steps, partUI);
      issuing = 0;
    },
    () => {
      issuing = 0;
    });
}
await measure(caller.lastOfText, text, '', 'UI');
await measure(caller.lastOfBytes, bytes, 'bytes', 'bytes, UI');
