/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// The side module of test_pool_dlopen.c.

static _Thread_local int calls = 40;

void* side_entry(void* arg) {
  calls += (int)(long)arg;
  return (void*)(long)calls;
}
