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

#define emscripten_futex_wait _emscripten_deputy_block
#define _emscripten_thread_supports_atomics_wait may_block
#include "../pthread/emscripten_futex_wait.c"
