// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// The floor of cold64.c, no program involved: 64 bare workers that are sent a compiled module, instantiate it with
// shared memory and run one instruction of it. Any start of 64 threads from nothing pays at least this.

const WORKERS = 64;
// (module (memory (import "e" "m") 1 1 shared)
//   (func (export "f") (result i32) (i32.atomic.rmw.add (i32.const 0) (i32.const 1))))
const bytes = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 2, 9, 1, 1, 101, 1, 109, 2, 3, 1, 1, 3, 2, 1, 0,
  7, 5, 1, 1, 102, 0, 0, 10, 12, 1, 10, 0, 65, 0, 65, 1, 254, 30, 2, 0, 11,
];
const source = `
  const start = async ({module, memory}) => (await WebAssembly.instantiate(module, {e: {m: memory}})).exports.f();
`;
const module = await WebAssembly.compile(new Uint8Array(bytes));
const memory = new WebAssembly.Memory({initial: 1, maximum: 1, shared: true});
let makeWorker;
if (globalThis.process) {
  const threads = process.getBuiltinModule('worker_threads');
  const text = `${source} const {parentPort} = require('worker_threads');
    parentPort.once('message', async (data) => { await start(data); parentPort.postMessage(0); });`;
  makeWorker = (done) => new threads.Worker(text, {eval: true}).once('message', done);
} else {
  const url = URL.createObjectURL(new Blob([
    `${source} onmessage = async ({data}) => { await start(data); postMessage(0); };`], {type: 'text/javascript'}));
  makeWorker = (done) => {
    const worker = new Worker(url);
    worker.onmessage = done;
    return worker;
  };
}

const begin = performance.now();
await new Promise((resolve) => {
  let answers = 0;
  for (let i = 0; i < WORKERS; i++) {
    makeWorker(() => ++answers == WORKERS && resolve()).postMessage({module, memory});
  }
});
const value = performance.now() - begin;
if (new Int32Array(memory.buffer)[0] != WORKERS) throw new Error('a worker did not run');
// eslint-disable-next-line no-undef
report({bench: 'cold64', unit: 'ms', value});
