/* global addToLibrary, together:writable, _wait_plainly */
// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT

addToLibrary({
  // Suspends its caller.
  test_pause__async: true,
  test_pause__sig: 'vi',
  test_pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),

  // Resumes all its callers in one turn.
  $together: null,
  test_together__deps: ['$together'],
  test_together__async: true,
  test_together__sig: 'v',
  test_together: () => together ??= new Promise((resolve) => setTimeout(() => {
    together = null;
    resolve();
  }, 10)),

  // JavaScript between the export and what it calls.
  test_through_js__sig: 'v',
  test_through_js: () => {
    _wait_plainly();
  },
});
