/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * The locks of proxying queues. The UI thread runs no tasks while it waits for
 * one or holds it: one of those may need the same lock.
 */
#pragma once

#include <pthread.h>

#include "ui_wait.h"

static inline int lock_queue(pthread_mutex_t* mutex) {
  _emscripten_deputy_hold_tasks();
  return pthread_mutex_lock(mutex);
}

static inline int unlock_queue(pthread_mutex_t* mutex) {
  int error = pthread_mutex_unlock(mutex);
  _emscripten_deputy_release_tasks();
  return error;
}
