/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Upstream's emscripten_futex_wait under another name, without the loop in
 * which its UI thread spins: ui_wait.cpp has ours.
 */

#include "pthread_impl.h"
#include <emscripten/threading.h>

#include "threading_internal.h"
#include "ui_wait.h"

// weak: a program that cancels no thread does not have it.
weak long __cancel(void);

int _emscripten_deputy_cancelled(void) {
  pthread_t self = __pthread_self();
  bool is_cancelled =
    __cancel && self->cancel && self->canceldisable != PTHREAD_CANCEL_DISABLE;
  return is_cancelled ? __cancel() : 0;
}

static inline int may_block(void) { return 1; }

// weak: a program without timers of signals does not have it.
weak bool _emscripten_check_timers(double now);

// The UI thread runs what others have sent it by itself, in ui_wait.cpp: what
// that throws, an exit say, ends no wait.
static bool yield_to_others(double now) {
  if (emscripten_is_main_runtime_thread()) {
    return _emscripten_check_timers && _emscripten_check_timers(now);
  }
  return _emscripten_yield(now);
}

#define emscripten_futex_wait _emscripten_deputy_block
#define _emscripten_yield yield_to_others
#define _emscripten_thread_supports_atomics_wait may_block
#include "../pthread/emscripten_futex_wait.c"
