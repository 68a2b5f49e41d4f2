/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Names of threads. Stands in for musl's pthread_setname_np.c and
 * pthread_getname_np.c, which ask the system.
 */

#define _GNU_SOURCE
#include "pthread_impl.h"
#include <string.h>

#include "ui_wait.h"

// Any thread. ERANGE: longer than 15 characters.
int pthread_setname_np(pthread_t thread, const char* name) {
  char* own = _emscripten_deputy_notes(thread)->name;
  size_t length = strnlen(name, 16);
  if (length > 15) {
    return ERANGE;
  }
  memcpy(own, name, length + 1);
  return 0;
}

// Any thread. ERANGE: not every name fits into `size`.
int pthread_getname_np(pthread_t thread, char* name, size_t size) {
  if (size < 16) {
    return ERANGE;
  }
  memcpy(name, _emscripten_deputy_notes(thread)->name, 16);
  return 0;
}
