/* global addToLibrary */
// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT

addToLibrary({
  test_refuses__proxy: 'sync',
  test_refuses__async: true,
  test_refuses__sig: 'ii',
  // (Not an async function: its thread would get the Promise.)
  test_refuses: (number) => new Promise((resolve, reject) => {
    setTimeout(() => number < 0 ? reject(new RangeError(`refused: ${number}`)) : resolve(2 * number), 5);
  }),
});
