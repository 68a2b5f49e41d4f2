/* global addToLibrary, _has_let_go, _set_held */
// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT

addToLibrary({
  // malloc() asks for more under its lock, and holds it until the page says so, for 10 s at most.
  emscripten_resize_heap__deps: ['has_let_go', 'set_held'],
  emscripten_resize_heap__sig: 'ip',
  emscripten_resize_heap: () => {
    _set_held();
    var word = new Int32Array(new SharedArrayBuffer(4));
    for (var turn = 0; turn < 1000 && !_has_let_go(); turn++) Atomics.wait(word, 0, 0, 10);
    return 0;
  },
});
