// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// As in engines that lack it.

Atomics.waitAsync = undefined;
