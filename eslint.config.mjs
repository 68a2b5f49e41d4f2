// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// Upstream's eslint settings for our pages and test assets: `tools/fork.py check` runs it. JavaScript libraries
// (src/lib) are in upstream's preprocessed dialect, which eslint can't read, there as here, and settings are a list.

import upstream from './build/sdk/eslint.config.mjs';

// What the harness's scripts give each other and the tests; see test/harness/README.md.
const harness = ['harnessConfig', 'harnessDrive', 'harnessError', 'harnessReporter', 'report', 'sendInput', 'uiGaps', 'upload'];

export default [
  {ignores: ['build/', 'src/lib/', 'src/settings_deputy.js']},
  // Less upstream's own list of what it leaves out, which would leave out our test/.
  ...upstream.map((settings) => ({...settings, ignores: []})),
  {
    files: ['test/harness/assets/*'],
    languageOptions: {globals: Object.fromEntries(harness.map((name) => [name, 'readonly']))},
  },
];
