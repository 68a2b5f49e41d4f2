/* global addToLibrary */
// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT

addToLibrary({
  // malloc() asks for more under its lock, and holds it for a second then.
  emscripten_resize_heap__sig: 'ip',
  emscripten_resize_heap: () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    return 0;
  },
});
