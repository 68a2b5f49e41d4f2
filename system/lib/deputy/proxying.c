/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Upstream's proxying queues, whose locks the UI thread must not wait for, or
 * hold, while it runs tasks: one of those may need the same lock.
 */

#include "em_task_queue.h"
#include "queue_lock.h"

// The caller of a synchronous call waits for its end, and runs tasks meanwhile.
static inline int wait_for_end(pthread_cond_t* cond, pthread_mutex_t* mutex) {
  _emscripten_deputy_release_tasks();
  struct deputy_wait outer =
    _emscripten_deputy_begin_wait(DEPUTY_CALL_PROXY, cond);
  int error = pthread_cond_wait(cond, mutex);
  _emscripten_deputy_end_wait(outer);
  _emscripten_deputy_hold_tasks();
  return error;
}

#define pthread_mutex_lock lock_queue
#define pthread_mutex_unlock unlock_queue
#define pthread_cond_wait wait_for_end
#include "../pthread/proxying.c"
