// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// First in the script of cold_stages.c, so in its workers too: keeps in benchTimes when the script runs, when the
// message with the module is handled, and when the worker answers that it is ready.

{
  const port = typeof require == 'function' ? require('node:worker_threads').parentPort : globalThis;
  const now = () => performance.timeOrigin + performance.now();
  const times = globalThis.benchTimes = [now()];
  // Node.js has no such port on its main thread; a page has no messages that count.
  if (port && !globalThis.document) {
    const {postMessage} = port;
    port.addEventListener('message', () => times.push(now()), {once: true});
    port.postMessage = (...args) => {
      if (times.length == 2) times.push(now());
      postMessage.apply(port, args);
    };
  }
}
