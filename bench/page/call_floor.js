// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// The floor of call_burst.c and call_cold.c: a bare worker that wakes the UI thread out of an Atomics.waitAsync, and
// sleeps until it answers; in a row, and once in 5 ms. Any call that has to wake both pays at least this.

/* global report */

const BATCHES = 10;

const source = `
  const serve = (words) => {
    const call = () => {
      Atomics.store(words, 1, 0);
      Atomics.add(words, 0, 1);
      Atomics.notify(words, 0);
      Atomics.wait(words, 1, 0);
    };
    const measure = (bench, calls, pause) => {
      for (let batch = 0; batch < ${BATCHES} + 1; batch++) {
        let spent = 0;
        for (let i = 0; i < calls[0]; i++) {
          if (pause) Atomics.wait(words, 2, 0, pause);
          const begin = performance.now();
          for (let j = 0; j < calls[1]; j++) call();
          spent += performance.now() - begin;
        }
        // The first is to get warm.
        if (batch) send({bench, value: spent * 1000 / (calls[0] * calls[1])});
      }
    };
    measure('call_burst', [1, 1000], 0);
    measure('call_cold', [8, 1], 5);
    send(null);
  };`;
let worker;
const node = globalThis.process?.getBuiltinModule('worker_threads');
if (node) {
  worker = new node.Worker(`${source} const {parentPort} = require('worker_threads');
    const send = (value) => parentPort.postMessage(value); parentPort.once('message', serve);`, {eval: true});
} else {
  worker = new Worker(URL.createObjectURL(new Blob([
    `${source} const send = (value) => postMessage(value); onmessage = ({data}) => serve(data);`])));
}

const words = new Int32Array(new SharedArrayBuffer(12));
const next = () => Atomics.waitAsync(words, 0, Atomics.load(words, 0));
const serve = (wait) => wait.async ? wait.value.then(answer) : answer();
function answer() {
  // Armed before it answers: the next may come at once.
  const wait = next();
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
  serve(wait);
}
serve(next());
// WebKit settles waitAsync late when no other event comes.
const stir = setInterval(() => {}, 50);
await new Promise((resolve) => {
  const receive = (sample) => sample ? report({unit: 'us', ...sample}) : resolve();
  if (node) worker.on('message', receive);
  else worker.onmessage = ({data}) => receive(data);
  worker.postMessage(words);
});
clearInterval(stir);
worker.terminate();
