/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Locks that don't wait in emscripten_futex_wait: pthread_spin_lock, which
 * spins by itself, and emscripten_lock_*, emscripten_semaphore_* and
 * emscripten_condvar_*, which the UI thread would spin or trap in; and two
 * places where all threads spin, for emmalloc's lock and for a thread to be
 * awake. On the UI thread they wait as all others do. Elsewhere they are as
 * they were: the second kind is upstream's
 * system/lib/pthread/emscripten_thread_primitives.c.
 */

#include "pthread_impl.h"
#include <emscripten/atomic.h>
#include <emscripten/threading.h>
#include <emscripten/wasm_worker.h>
#include <limits.h>
#include <math.h>
#include <stdatomic.h>

#include "emscripten_internal.h"
#include "threading_internal.h"
#include "ui_wait.h"

// How often it looks, first, and how long it waits between two looks then.
#define LOOKS 100
#define LOOK_MS 0.1

// (An AudioWorklet can't wait either, and spins as upstream has it.)
static inline bool must_spin(void) {
  return emscripten_is_main_runtime_thread() &&
         !_emscripten_thread_supports_atomics_wait();
}

static int wait_named(int call, volatile void* word, int value, double ms) {
  struct deputy_wait outer = _emscripten_deputy_begin_wait(call, word);
  int result = emscripten_futex_wait(word, value, ms);
  _emscripten_deputy_end_wait(outer);
  return result;
}

void _emscripten_deputy_spin(int call,
                             volatile void* object,
                             bool (*lasts)(volatile void*)) {
  bool is_patient = !emscripten_is_main_runtime_thread();
  for (int i = 0; is_patient || i < LOOKS; i++) {
    if (!lasts(object)) {
      return;
    }
    a_spin();
  }
  struct deputy_wait outer = _emscripten_deputy_begin_wait(call, object);
  static volatile uint32_t never;
  do {
    emscripten_futex_wait(&never, 0, LOOK_MS);
  } while (lasts(object));
  _emscripten_deputy_end_wait(outer);
}

// Upstream's wakes a thread until it has seen it.
static bool wake(volatile void* thread) {
  uintptr_t address = ((pthread_t)thread)->wait_addr;
  if (!(address & NOTIFY_BIT) || address == NOTIFY_BIT) {
    return false;
  }
  emscripten_futex_wake((void*)(address & ~NOTIFY_BIT), INT_MAX);
  return true;
}

void __wrap__emscripten_thread_notify(pthread_t target) {
  uintptr_t address = atomic_fetch_or(&target->wait_addr, NOTIFY_BIT);
  // Else it does not wait, or another wakes it already.
  if (address && !(address & NOTIFY_BIT)) {
    _emscripten_deputy_spin(DEPUTY_CALL_NOTIFY, target, wake);
  }
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
