/* global addToLibrary */
// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT

addToLibrary({
  test_rejects__proxy: 'sync',
  test_rejects__async: true,
  test_rejects__sig: 'v',
  test_rejects: async () => {
    throw new TypeError('rejected for a test');
  },
  // It answers at once, where a Promise is waited for.
  test_answers__proxy: 'sync',
  test_answers__async: true,
  test_answers__sig: 'i',
  test_answers: () => 42,
});
