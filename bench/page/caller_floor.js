// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// The caller of variant `floor`: a bare worker that answers each message by one. What it computes is nothing, and no
// message says which call it is of: they are answered in order.

const source = `
  function keepBusy() {
    setInterval(() => {
      const end = performance.now() + 9;
      while (performance.now() < end);
    }, 10);
    return 0;
  }
  const answer = (value) =>
    typeof value == 'number' ? value + 1 :
    typeof value == 'string' ? value.charCodeAt(value.length - 1) :
    value ? value.at(-1) : keepBusy();`;

let worker;
let resolvers = [];
let answered = 0;
function settle(value) {
  resolvers[answered++](value);
  if (answered == resolvers.length) {
    resolvers = [];
    answered = 0;
  }
}
if (globalThis.process) {
  const threads = process.getBuiltinModule('worker_threads');
  worker = new threads.Worker(`${source} const {parentPort} = require('worker_threads');
    parentPort.on('message', (value) => parentPort.postMessage(answer(value)));`, {eval: true});
  worker.on('message', settle);
} else {
  worker = new Worker(URL.createObjectURL(new Blob([
    `${source} onmessage = ({data}) => postMessage(answer(data));`], {type: 'text/javascript'})));
  worker.onmessage = ({data}) => settle(data);
}
const post = (value) => new Promise((resolve) => {
  resolvers.push(resolve);
  worker.postMessage(value);
});
globalThis.caller = {next: post, lastOfText: post, lastOfBytes: post, keepBusy: () => post(null)};
