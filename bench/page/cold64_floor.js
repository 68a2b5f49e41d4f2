// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// The floor of cold64.c: 64 bare workers that are sent the program's own module and memory, instantiate it, with
// imports that do nothing, and run nothing of it. Any start of 64 threads from nothing pays at least this.
// runner/floor.py puts `program` before it.

/* global program, report */

const WORKERS = 64;

function imports(list, memory) {
  const given = {};
  for (const {module, name, kind, type} of list) {
    given[module] ??= {};
    given[module][name] =
      kind == 'Function' ? () => 0 : kind == 'Memory' ? memory : new WebAssembly[kind](type);
  }
  return given;
}
const source = `
  ${imports}
  const start = ({module, list, memory}) => new WebAssembly.Instance(module, imports(list, memory));
`;
let makeWorker;
if (globalThis.process) {
  const threads = process.getBuiltinModule('worker_threads');
  const text = `${source} const {parentPort} = require('worker_threads');
    parentPort.once('message', (data) => { start(data); parentPort.postMessage(0); });`;
  makeWorker = (done) => new threads.Worker(text, {eval: true}).once('message', done);
} else {
  const url = URL.createObjectURL(new Blob([
    `${source} onmessage = ({data}) => { start(data); postMessage(0); };`], {type: 'text/javascript'}));
  makeWorker = (done) => {
    const worker = new Worker(url);
    worker.onmessage = done;
    return worker;
  };
}

const module = await WebAssembly.compile(Uint8Array.from(atob(program.wasm), (c) => c.charCodeAt(0)));
const list = program.imports;
const memory = new WebAssembly.Memory(list.find(({kind}) => kind == 'Memory').type);
// The first instance fills the memory, as the program's does on the UI thread.
await WebAssembly.instantiate(module, imports(list, memory));

const begin = performance.now();
await new Promise((resolve) => {
  let answers = 0;
  for (let i = 0; i < WORKERS; i++) {
    makeWorker(() => ++answers == WORKERS && resolve()).postMessage({module, list, memory});
  }
});
report({bench: 'cold64', unit: 'ms', value: performance.now() - begin});
