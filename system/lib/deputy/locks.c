/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Locks that don't wait in emscripten_futex_wait: pthread_spin_lock, which
 * spins by itself, and emscripten_lock_*, emscripten_semaphore_* and
 * emscripten_condvar_*, which the UI thread would spin or trap in. There, they
 * wait as all others do. Elsewhere they are as they were: the second kind is
 * upstream's system/lib/pthread/emscripten_thread_primitives.c.
 */

#include "pthread_impl.h"
#include <emscripten/atomic.h>
#include <emscripten/threading.h>
#include <emscripten/wasm_worker.h>
#include <math.h>

#include "emscripten_internal.h"
#include "threading_internal.h"
#include "ui_wait.h"

static inline bool must_spin(void) {
  return !_emscripten_thread_supports_atomics_wait();
}

static int wait_named(int call, volatile void* word, int value, double ms) {
  struct deputy_wait outer = _emscripten_deputy_begin_wait(call, word);
  int result = emscripten_futex_wait(word, value, ms);
  _emscripten_deputy_end_wait(outer);
  return result;
}

int pthread_spin_lock(pthread_spinlock_t* lock) {
  while (*(volatile int*)lock || a_cas(lock, 0, EBUSY)) {
    if (must_spin()) {
      wait_named(DEPUTY_CALL_SPIN_LOCK, lock, EBUSY, INFINITY);
    } else {
      a_spin();
    }
  }
  return 0;
}

static ATOMICS_WAIT_RESULT_T
wait_u32(void* word, uint32_t expected, int64_t ns) {
  if (!must_spin()) {
    return emscripten_atomic_wait_u32(word, expected, ns);
  }
  double ms = ns < 0 ? INFINITY : ns / 1e6;
  switch (wait_named(DEPUTY_CALL_LOCK, word, expected, ms)) {
    case -ETIMEDOUT:
      return ATOMICS_WAIT_TIMED_OUT;
    case -EWOULDBLOCK:
      return ATOMICS_WAIT_NOT_EQUAL;
    default:
      return ATOMICS_WAIT_OK;
  }
}

#define emscripten_atomic_wait_u32 wait_u32
#define emscripten_lock_busyspin_wait_acquire spin_for
#define emscripten_lock_busyspin_waitinf_acquire spin
#include "../pthread/emscripten_thread_primitives.c"
#undef emscripten_lock_busyspin_wait_acquire
#undef emscripten_lock_busyspin_waitinf_acquire

bool emscripten_lock_busyspin_wait_acquire(emscripten_lock_t* lock, double ms) {
  return must_spin() ? emscripten_lock_wait_acquire(lock, (int64_t)(ms * 1e6))
                     : spin_for(lock, ms);
}

void emscripten_lock_busyspin_waitinf_acquire(emscripten_lock_t* lock) {
  if (must_spin()) {
    emscripten_lock_waitinf_acquire(lock);
  } else {
    spin(lock);
  }
}
