/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * The lock of a FILE. Stands in for musl's __lockfile.c. What is different: it
 * says what it waits for, and threads that print while another exits stand
 * aside, so that whoever flushes the files gets their locks.
 */

#include "pthread_impl.h"
#include "stdio_impl.h"
#include <emscripten/threading.h>
#include <math.h>

#include "ui_wait.h"

// Longer than it takes to flush what is left; then they print again, in case
// that the exit does not end.
#define STAND_ASIDE_MS 2000

// The tid of the thread in exit(), which others wait to become 0.
static volatile int exiting;

void _emscripten_deputy_begin_exit(void) {
  a_cas(&exiting, 0, __pthread_self()->tid);
}

void _emscripten_deputy_end_exit(void) {
  a_store(&exiting, 0);
  emscripten_futex_wake(&exiting, INT_MAX);
}

static void stand_aside(int self) {
  int tid = exiting;
  if (!tid || tid == self || emscripten_is_main_runtime_thread()) {
    return;
  }
  double end = emscripten_get_now() + STAND_ASIDE_MS;
  double left = STAND_ASIDE_MS;
  while (exiting == tid && left > 0) {
    emscripten_futex_wait(&exiting, tid, left);
    left = end - emscripten_get_now();
  }
}

int __lockfile(FILE* file) {
  int self = __pthread_self()->tid;
  if ((file->lock & ~MAYBE_WAITERS) == self) {
    return 0;
  }
  if (exiting) {
    stand_aside(self);
  }
  int owner = a_cas(&file->lock, 0, self);
  if (!owner) {
    return 1;
  }
  struct deputy_wait outer =
    _emscripten_deputy_begin_wait(DEPUTY_CALL_FILE, file);
  // Whoever has waited can't know whether others do.
  while ((owner = a_cas(&file->lock, 0, self | MAYBE_WAITERS))) {
    if ((owner & MAYBE_WAITERS) ||
        a_cas(&file->lock, owner, owner | MAYBE_WAITERS) == owner) {
      __futexwait(&file->lock, owner | MAYBE_WAITERS, 1);
    }
  }
  _emscripten_deputy_end_wait(outer);
  return 1;
}

void __unlockfile(FILE* file) {
  if (a_swap(&file->lock, 0) & MAYBE_WAITERS) {
    __wake(&file->lock, 1, 1);
  }
}
