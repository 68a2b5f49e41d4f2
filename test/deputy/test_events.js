/* global addToLibrary, _holding */
// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// Memory that takes its time, and does not grow: malloc() asks for it with its lock in its hands.

addToLibrary({
  emscripten_resize_heap__deps: ['holding'],
  emscripten_resize_heap: () => {
    var ms = _holding(1);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    _holding(0);
    return 0;
  },
});
