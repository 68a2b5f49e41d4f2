// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// What a call takes of the UI thread: to issue it, and to settle its Promise. A burst is issued; then the page spins
// until all of it must have been answered, so that there is nothing left to wait for; and then it returns to its event
// loop, and what passes until the last Promise's callback has run is work. The spinning is not counted.

/* global bench, caller */

const BURST = 500;
const ALONE = 1;

// The two times, in ms, of a burst of so many calls that are answered in answeredMs.
async function burst(calls, answeredMs) {
  let settled = 0;
  let issued;
  const end = new Promise((resolve) => {
    const settle = () => {
      if (++settled == calls) resolve(performance.now());
    };
    const begin = performance.now();
    // (What stock returns is no Promise.)
    for (let i = 0; i < calls; i++) Promise.resolve(caller.next(i)).then(settle);
    issued = performance.now() - begin;
  });
  bench.passTime(answeredMs);
  const begin = performance.now();
  return [issued, await end - begin];
}

// How long a burst takes to be answered: twice the median, and as long as an answer may take to get through.
async function answerTime(calls) {
  const times = [];
  for (let i = 0; i < 15; i++) {
    const begin = performance.now();
    await burst(calls, 0);
    times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b)[7] * 2 + 0.5;
}

async function measure(calls, part, partIssue) {
  let issuing = 0;
  let settling = 0;
  const answeredMs = await answerTime(calls);
  const reset = () => {
    issuing = settling = 0;
  };
  await bench.timed(
    async () => {
      const [issued, settled] = await burst(calls, answeredMs);
      issuing += issued;
      settling += settled;
      // What the event loop had to leave meanwhile is not a call's.
      await bench.sleep(0);
    },
    (ms, steps) => {
      const share = 1000 / (steps * calls);
      bench.sample((issuing + settling) * share, part);
      bench.sample(issuing * share, partIssue);
      reset();
    },
    reset);
}
await measure(BURST, '', 'issue');
await measure(ALONE, 'alone', 'alone, issue');
