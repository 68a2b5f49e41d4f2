/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * The calls of libc that wait, with their names, for whoever reports a wait.
 * The linker has each come here first, as __wrap_NAME, and to the original as
 * __real_NAME (--wrap; WRAPPED in tools/deputy.py has the list). Those that
 * this room defines itself, join and mutexes, name themselves.
 */

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include <utility>

#include <emscripten/deputy.h>

#include "ui_wait.h"

extern "C" double emscripten_get_now(void);

namespace {

class Named {
public:
  Named(int call, const volatile void* object)
    : outer_(_emscripten_deputy_begin_wait(call, object)) {}
  ~Named() { _emscripten_deputy_end_wait(outer_); }

private:
  struct deputy_wait outer_;
};

bool was_alerted() {
  bool& is_alerted = _emscripten_deputy_notes(pthread_self())->is_alerted;
  return std::exchange(is_alerted, false);
}

void lock_again(void* mutex) {
  pthread_mutex_lock(static_cast<pthread_mutex_t*>(mutex));
}

int run_mail(pthread_mutex_t* mutex) {
  pthread_mutex_unlock(mutex);
  // The program's own handlers expect it to be locked.
  pthread_cleanup_push(lock_again, mutex);
  emscripten_deputy_poll();
  pthread_cleanup_pop(0);
  return pthread_mutex_lock(mutex);
}

} // namespace

// Any thread. Defines __wrap_NAME: `result NAME(params)` in the name of `call`.
#define NAMED(result, name, params, call, object, args)                        \
  result __real_##name params;                                                 \
  result __wrap_##name params {                                                \
    Named named(call, object);                                                 \
    return __real_##name args;                                                 \
  }

extern "C" {

// Any thread. In an alertable wait what has come is run when the thread is no
// waiter any more, as a wake may be meant for it: to the caller it is a
// spurious wake.
#define NAMED_CONDITION(name)                                                  \
  int __real_##name(pthread_cond_t*, pthread_mutex_t*, const timespec*);       \
  int __wrap_##name(                                                           \
    pthread_cond_t* cond, pthread_mutex_t* mutex, const timespec* until) {     \
    int result;                                                                \
    {                                                                          \
      Named named(DEPUTY_CALL_COND, cond);                                     \
      result = __real_##name(cond, mutex, until);                              \
    }                                                                          \
    return was_alerted() && result == ETIMEDOUT ? run_mail(mutex) : result;    \
  }

NAMED_CONDITION(pthread_cond_timedwait)
NAMED_CONDITION(__pthread_cond_timedwait)
NAMED(int,
      sem_timedwait,
      (sem_t * sem, const timespec* until),
      DEPUTY_CALL_SEM,
      sem,
      (sem, until))
NAMED(int,
      pthread_barrier_wait,
      (pthread_barrier_t * barrier),
      DEPUTY_CALL_BARRIER,
      barrier,
      (barrier))
NAMED(int,
      __pthread_rwlock_timedrdlock,
      (pthread_rwlock_t * lock, const timespec* until),
      DEPUTY_CALL_READ_LOCK,
      lock,
      (lock, until))
NAMED(int,
      pthread_rwlock_timedrdlock,
      (pthread_rwlock_t * lock, const timespec* until),
      DEPUTY_CALL_READ_LOCK,
      lock,
      (lock, until))
NAMED(int,
      pthread_rwlock_timedwrlock,
      (pthread_rwlock_t * lock, const timespec* until),
      DEPUTY_CALL_WRITE_LOCK,
      lock,
      (lock, until))
NAMED(int,
      __pthread_rwlock_timedwrlock,
      (pthread_rwlock_t * lock, const timespec* until),
      DEPUTY_CALL_WRITE_LOCK,
      lock,
      (lock, until))
NAMED(void, __lock, (volatile int* lock), DEPUTY_CALL_LIBC_LOCK, lock, (lock))

void __real_emscripten_thread_sleep(double ms);
void __wrap_emscripten_thread_sleep(double ms) {
  Named named(DEPUTY_CALL_SLEEP, nullptr);
  if (!_emscripten_deputy_is_alertable(nullptr)) {
    return __real_emscripten_thread_sleep(ms);
  }
  double end = emscripten_get_now() + ms;
  do {
    emscripten_deputy_wait(end - emscripten_get_now());
  } while (emscripten_get_now() < end);
}

// Names the wait for another thread's initialisation, not what its own waits
// for.
#define NAMED_ONCE(name)                                                       \
  int __real_##name(pthread_once_t* control, void (*init)(void));              \
  int __wrap_##name(pthread_once_t* control, void (*init)(void)) {             \
    int state = *reinterpret_cast<volatile int*>(control);                     \
    if (state != 1 && state != 3) {                                            \
      return __real_##name(control, init);                                     \
    }                                                                          \
    Named named(DEPUTY_CALL_ONCE, control);                                    \
    return __real_##name(control, init);                                       \
  }

NAMED_ONCE(pthread_once)
NAMED_ONCE(__pthread_once)

} // extern "C"
