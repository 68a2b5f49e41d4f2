// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// The caller of variants `deputy` and `stock`: page_call.c's functions. With stock they run inline, on the UI thread.

/* global Module */

await Module.deputy?.started;
const ccall = Module.deputy?.call ?? Module.ccall;
globalThis.caller = {
  next: (number) => Module._next(number),
  lastOfText: (text) => ccall('last', 'number', ['string', 'number'], [text, text.length]),
  lastOfBytes: (bytes) => ccall('last', 'number', ['array', 'number'], [bytes, bytes.length]),
  keepBusy: () => Module._keep_busy(),
};
