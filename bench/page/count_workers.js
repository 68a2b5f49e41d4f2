// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// Runs before a program is loaded: counts in benchWorkers the workers that were made and not terminated, and keeps
// in benchLastMade when the last was made.

globalThis.benchWorkers = 0;
const counted = (Base) => class extends Base {
  constructor(...args) {
    globalThis.benchLastMade = performance.timeOrigin + performance.now();
    super(...args);
    globalThis.benchWorkers++;
  }
  terminate() {
    globalThis.benchWorkers--;
    return super.terminate();
  }
};
if (globalThis.process) {
  // Node.js: the program takes its Worker from there.
  const threads = process.getBuiltinModule('worker_threads');
  threads.Worker = counted(threads.Worker);
} else {
  globalThis.Worker = counted(globalThis.Worker);
}
