/* global addToLibrary */
// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT

addToLibrary({
  // The page's thread has an answer later.
  wait_on_page__proxy: 'sync',
  wait_on_page__async: true,
  wait_on_page__sig: 'vi',
  wait_on_page: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
});
