/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Upstream's emmalloc (-sMALLOC=emmalloc), whose threads spin for its lock by
 * themselves: a UI thread that did so for ever would say nothing. Here it is
 * timed and reported as in any other wait.
 */

#include <stdint.h>

#include "ui_wait.h"

static bool is_taken(volatile void* lock) {
  return __sync_lock_test_and_set((volatile uint8_t*)lock, 1);
}

// Returns whether it is still to be taken: never.
static inline bool acquire(volatile uint8_t* lock) {
  if (is_taken(lock)) {
    _emscripten_deputy_spin(DEPUTY_CALL_MALLOC, lock, is_taken);
  }
  return false;
}

#define __sync_lock_test_and_set(lock, value) acquire(lock)
#include "../emmalloc.c"
