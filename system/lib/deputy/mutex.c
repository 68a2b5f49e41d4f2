/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Mutexes that know who holds them, so that the UI thread, when it waits for
 * one, can say so. musl's normal mutex is locked when it holds EBUSY; this one
 * holds the tid of its owner, as musl's other kinds do. Stands in for musl's
 * pthread_mutex_lock.c, pthread_mutex_trylock.c and pthread_mutex_timedlock.c,
 * and for its mtx_lock.c and mtx_trylock.c, which take a mutex by themselves.
 */

#include "pthread_impl.h"
#include <threads.h>

#include "ui_wait.h"

// Where upstream's mutexes look for a thread that locks one twice, they don't
// take the short way.
#ifdef NDEBUG
static inline bool is_normal(pthread_mutex_t* mutex) {
  return (mutex->_m_type & 15) == PTHREAD_MUTEX_NORMAL;
}
#else
static inline bool is_normal(pthread_mutex_t* mutex) { return false; }
#endif

static inline bool lock_normal(pthread_mutex_t* mutex) {
  return !a_cas(&mutex->_m_lock, 0, __pthread_self()->tid);
}

// ---- musl's, under other names ----------------------------------------------

#define __pthread_mutex_trylock musl_trylock
#define pthread_mutex_trylock musl_trylock_alias
#include "../libc/musl/src/thread/pthread_mutex_trylock.c"
#undef __pthread_mutex_trylock
#undef pthread_mutex_trylock

// Locks a normal mutex at the first try with EBUSY, and gets here only after
// that has failed; then it tries __pthread_mutex_trylock, which is ours.
#define __pthread_mutex_timedlock musl_timedlock
#define pthread_mutex_timedlock musl_timedlock_alias
#undef a_cas
#define a_cas(word, expected, value)                                           \
  a_cas(word, expected, value == EBUSY ? __pthread_self()->tid : value)
#include "../libc/musl/src/thread/pthread_mutex_timedlock.c"
#undef a_cas
#undef __pthread_mutex_timedlock
#undef pthread_mutex_timedlock

// ---- Ours -------------------------------------------------------------------

int __pthread_mutex_trylock(pthread_mutex_t* mutex) {
  if (is_normal(mutex)) {
    return lock_normal(mutex) ? 0 : EBUSY;
  }
  return __pthread_mutex_trylock_owner(mutex);
}

int __pthread_mutex_timedlock(pthread_mutex_t* restrict mutex,
                              const struct timespec* restrict until) {
  struct deputy_wait outer =
    _emscripten_deputy_begin_wait(DEPUTY_CALL_MUTEX, mutex);
  int error = musl_timedlock(mutex, until);
  _emscripten_deputy_end_wait(outer);
  return error;
}

int __pthread_mutex_lock(pthread_mutex_t* mutex) {
  if (is_normal(mutex) && lock_normal(mutex)) {
    return 0;
  }
  return __pthread_mutex_timedlock(mutex, NULL);
}

weak_alias(__pthread_mutex_trylock, pthread_mutex_trylock);
weak_alias(__pthread_mutex_timedlock, pthread_mutex_timedlock);
weak_alias(__pthread_mutex_lock, pthread_mutex_lock);

// C11's: musl's put EBUSY into a normal one, and look for that bit of it.
int mtx_lock(mtx_t* mutex) {
  int error = __pthread_mutex_lock((pthread_mutex_t*)mutex);
  return error ? thrd_error : thrd_success;
}

int mtx_trylock(mtx_t* mutex) {
  switch (__pthread_mutex_trylock((pthread_mutex_t*)mutex)) {
    case 0:
      return thrd_success;
    case EBUSY:
      return thrd_busy;
    default:
      return thrd_error;
  }
}

// ---- What a wait is for
// -------------------------------------------------------

bool _emscripten_deputy_is_lock_of_cond(const volatile void* condition,
                                        const volatile void* address) {
  return condition && address == &((const pthread_cond_t*)condition)->_c_lock;
}

int _emscripten_deputy_owner(int call,
                             const volatile void* object,
                             const volatile void* address) {
  int value = *(const volatile int*)address;
  switch (call) {
    case DEPUTY_CALL_MUTEX:
      // 0x40000000 is musl's mark of an owner that has died.
      return value & 0x3fffffff;
    case DEPUTY_CALL_FILE:
      // 0x40000000: there are waiters. musl's putc() and getc() put 0x3fffffff
      // where others put their tid.
      value &= ~0x40000000;
      return value == 0x3fffffff ? 0 : value;
    case DEPUTY_CALL_READ_LOCK:
    case DEPUTY_CALL_WRITE_LOCK: {
      const volatile pthread_rwlock_t* lock = object;
      return (value & 0x7fffffff) == 0x7fffffff ? lock->_rw_wr_owner : 0;
    }
    case DEPUTY_CALL_LIBC_LOCK:
      return address == &__thread_list_lock ? value : 0;
    default:
      return 0;
  }
}
