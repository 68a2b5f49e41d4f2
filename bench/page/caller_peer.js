// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// The caller of variant `peer`: Comlink, which makes the functions of a worker callable, over postMessage.
// runner/programs.py puts before it `library`: the texts of comlink.js and of nodeAdapter.js.

/* global library */

// Both are UMD; as CommonJS they load anywhere.
const load = `((text) => {
  const module = {exports: {}};
  new Function('module', 'exports', text)(module, module.exports);
  return module.exports;
})`;
const Comlink = new Function(`return ${load}`)()(library.comlink);
const source = `
  const Comlink = ${load}(${JSON.stringify(library.comlink)});
  const functions = {
    next: (number) => number + 1,
    lastOfText: (text) => text.charCodeAt(text.length - 1),
    lastOfBytes: (bytes) => bytes.at(-1),
  };`;
let endpoint;
if (globalThis.process) {
  const threads = process.getBuiltinModule('worker_threads');
  const adapt = `${load}(${JSON.stringify(library.nodeAdapter)})`;
  endpoint = new Function(`return ${adapt}`)()(new threads.Worker(
    `${source} Comlink.expose(functions, ${adapt}(require('worker_threads').parentPort));`, {eval: true}));
} else {
  endpoint = new Worker(URL.createObjectURL(new Blob([
    `${source} Comlink.expose(functions);`], {type: 'text/javascript'})));
}
globalThis.caller = Comlink.wrap(endpoint);
