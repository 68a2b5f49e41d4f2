// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// Runs beside a program: keeps the UI thread busy half of the time, 5 ms of every 10, as a page that draws does.

const busy = setInterval(() => {
  const end = performance.now() + 5;
  while (performance.now() < end);
}, 10);
busy.unref?.();  // Node.js: the program's end ends the process
