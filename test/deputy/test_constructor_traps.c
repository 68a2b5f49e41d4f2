/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// The program fails before main(): a static constructor traps.

__attribute__((constructor)) static void construct(void) { __builtin_trap(); }

int main(void) { return 0; }
