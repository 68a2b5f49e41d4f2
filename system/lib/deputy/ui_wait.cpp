/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * What happens when the UI thread, which can't sleep, has to wait. Every wait
 * of libc ends in emscripten_futex_wait, here. The UI thread looks at the futex
 * again and again, and meanwhile runs what other threads ask of it: they may
 * hold what it waits for. It is the page that stands still as long as this
 * lasts, so that each wait is timed, and ends in a report when it takes too
 * long, or at once when it can't end (libdeputy_wait.js).
 *
 * Who wakes it: whoever wakes the futex finds it in
 * _emscripten_main_thread_futex (upstream's emscripten_futex_wake) and clears
 * that; and every look compares the futex's value. So nothing is lost when
 * nobody wakes it, as of a thread that has died, and the report is what holds
 * then.
 */

#include <atomic>
#include <errno.h>
#include <math.h>

#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <emscripten/stack.h>
#include <emscripten/threading.h>

#include "thread_life.h"
#include "ui_wait.h"

extern "C" {

// Upstream's: the futex that the UI thread waits on, or null.
extern void* _emscripten_main_thread_futex;

int _emscripten_thread_supports_atomics_wait(void);
double emscripten_get_now(void);

// Upstream's, of setitimer() and alarm(); absent in a program without them.
__attribute__((weak)) bool _emscripten_check_timers(double now);

// Upstream's, of Wasm Workers and AudioWorklets; absent in a program without
// them.
__attribute__((weak)) void*
_emscripten_init_pthread(void* base, size_t* size, pid_t tid);

// In libdeputy_wait.js. UI thread: runs _emscripten_deputy_run_tasks. Whether a
// task threw, which does not end the wait.
bool _emscripten_deputy_run_tasks_js(void);

// In libdeputy_wait.js. UI thread: it waits, for `ms` so far; `owner` is the
// tid of who holds the lock, or 0; for `hopeless_ms` every look has found
// `verdict`. Returns whether it has reported that, unless it aborts the
// program.
bool _emscripten_deputy_ui_waits_js(int call,
                                    const volatile void* object,
                                    int owner,
                                    double ms,
                                    int verdict,
                                    double hopeless_ms,
                                    bool is_reported,
                                    bool is_suspended);

// In activation.c, in programs with JSPI (UI thread). The call of a promising
// export that the thread is in, or null; whether a tid is that of such a call,
// or of what they are entered in; and of one that is suspended.
struct activation;
__attribute__((weak)) activation* _emscripten_deputy_activation(void);
__attribute__((weak)) bool _emscripten_deputy_is_activation(int tid);
__attribute__((weak)) int
_emscripten_deputy_activation_tid(activation* suspended);
__attribute__((weak)) deputy_wait*
_emscripten_deputy_activation_wait(activation* suspended);

// In try_suspend.S, with UI_THREAD_WAIT=suspend. UI thread, in an activation:
// what emscripten_futex_wait returns, or CANT_SUSPEND.
__attribute__((weak)) int _emscripten_deputy_try_suspend(volatile void* address,
                                                         uint32_t expected,
                                                         double ms);

} // extern "C"

// ---- State (UI thread) ------------------------------------------------------

namespace {

// By DEPUTY_CALL_*.
constexpr const char* CALLS[DEPUTY_CALLS] = {
  "emscripten_futex_wait",
  "pthread_join",
  "pthread_cond_wait",
  "sem_wait",
  "pthread_barrier_wait",
  "sleep",
  "emscripten_proxy_sync",
  "emscripten_deputy_wait or a call of the page's",
  "pthread_mutex_lock",
  "pthread_rwlock_rdlock",
  "pthread_rwlock_wrlock",
  "pthread_once",
  "flockfile",
  "a lock of libc",
  "pthread_spin_lock",
  "emscripten_lock_wait_acquire",
  "malloc",
  "a call to a thread that does not wake",
};

// Why a wait can't end, VERDICTS in libdeputy_wait.js.
enum Verdict : int {
  MAY_END,
  // The UI thread has the lock itself.
  HELD_BY_WAITER,
  // Its owner waits for a call that the UI thread is in the middle of.
  HELD_BY_CALLER,
  HELD_BY_DEAD,
  // A suspended call of the UI thread has it.
  HELD_BY_SUSPENDED,
  // The thread to join needs a worker, which loads when the UI thread is back
  // at its event loop.
  NEEDS_WORKER,
};

// How often a wait is looked at closely, where it spins and where it sleeps.
constexpr double CHECK_MS = 4;
constexpr double SLICE_MS = 20;

// How many looks at the futex there are between two at the clock and the tasks.
constexpr int LOOKS = 50;

constexpr int CANT_SUSPEND = 1;

// How often a thread that waits and is alertable looks for calls of the page's.
constexpr double ALERT_MS = 10;

// How long it waits in a task before it runs others.
constexpr double PATIENCE_MS = 30;

// Tasks run on the stack of the wait; they leave this much of it.
constexpr size_t STACK_RESERVE = 16 * 1024;

// Of _emscripten_deputy_hold_tasks().
int holds = 0;

// How many waits it is in, each in a task of the one before.
int depth = 0;

// Read by other threads, which take figures of the moment: relaxed.
struct Figures {
  std::atomic<double> total{0};
  std::atomic<double> longest{0};
  std::atomic<uint32_t> count{0};
};
Figures figures[DEPUTY_CALLS];
std::atomic<uint32_t> tasks_run{0};
std::atomic<double> longest_stall{0};

void add(std::atomic<uint32_t>& count) {
  count.store(count.load(std::memory_order_relaxed) + 1,
              std::memory_order_relaxed);
}

void raise(std::atomic<double>& most, double value) {
  if (value > most.load(std::memory_order_relaxed)) {
    most.store(value, std::memory_order_relaxed);
  }
}

struct deputy_notes* own_notes() {
  return _emscripten_deputy_notes(emscripten_main_runtime_thread_id());
}

int own_tid() {
  return _emscripten_deputy_tid(emscripten_main_runtime_thread_id());
}

// ---- Waits that can't end ---------------------------------------------------

// Whether `thread` needs the end of a call that the UI thread runs: what
// describes such a call lies on the caller's stack.
bool is_called_by(pthread_t thread) {
  for (auto* task = own_notes()->task; task; task = task->outer) {
    if (_emscripten_deputy_has_on_stack(thread, task->arg)) {
      return true;
    }
  }
  return false;
}

// `waiter` is the tid that the UI thread had when it began to wait.
Verdict judge_owner(int owner, int waiter, bool is_suspended) {
  if (owner == waiter) {
    return HELD_BY_WAITER;
  }
  if (_emscripten_deputy_is_activation &&
      _emscripten_deputy_is_activation(owner)) {
    return is_suspended ? MAY_END : HELD_BY_SUSPENDED;
  }
  pthread_t thread = _emscripten_deputy_pool_thread_with(owner);
  if (!thread) {
    // Or it is one of those, which are not in the pool.
    return _emscripten_init_pthread ? MAY_END : HELD_BY_DEAD;
  }
  // (It may be about to give the lock back, before it waits.)
  return is_called_by(thread) && _emscripten_deputy_waits_on(thread)
           ? HELD_BY_CALLER
           : MAY_END;
}

// Nobody else can have it started: the deputy alone is there, at its event
// loop.
Verdict judge_join(const volatile void* object) {
  bool is_queued = false;
  for (int i = 0; i < _emscripten_deputy_pool_used(); i++) {
    pthread_t thread = _emscripten_deputy_pool_thread_at(i);
    if (!thread) {
      continue;
    }
    if (_emscripten_deputy_pool_is_queued(i)) {
      is_queued |= thread == reinterpret_cast<uintptr_t>(object);
    } else if (thread != emscripten_deputy_thread() ||
               !_emscripten_deputy_notes(thread)->has_returned) {
      return MAY_END;
    }
  }
  return is_queued ? NEEDS_WORKER : MAY_END;
}

void check(struct deputy_wait& wait,
           int waiter,
           const volatile void* address,
           uint32_t expected,
           bool is_timed,
           bool is_suspended) {
  double now = emscripten_get_now();
  // Blocks of threads stay while they are looked at.
  bool was_held = _emscripten_deputy_thread_hold(true);
  int owner = _emscripten_deputy_owner(wait.call, wait.object, address);
  Verdict verdict = MAY_END;
  if (!is_timed) {
    if (owner) {
      verdict = judge_owner(owner, waiter, is_suspended);
    } else if (wait.call == DEPUTY_CALL_JOIN) {
      verdict = judge_join(wait.object);
    }
  }
  // Changed meanwhile: it said something about the past.
  if (verdict != MAY_END &&
      __atomic_load_n(static_cast<const volatile uint32_t*>(address),
                      __ATOMIC_SEQ_CST) != expected) {
    verdict = MAY_END;
  }
  if (verdict == MAY_END || !wait.hopeless_since) {
    wait.hopeless_since = now;
  }
  wait.is_reported |=
    _emscripten_deputy_ui_waits_js(wait.call,
                                   wait.object ? wait.object : address,
                                   owner,
                                   now - wait.since,
                                   verdict,
                                   now - wait.hopeless_since,
                                   wait.is_reported,
                                   is_suspended);
  _emscripten_deputy_thread_hold(was_held);
}

// ---- Threads that may block -------------------------------------------------

// No lock is held for this wait. One for a condition ends, as if its time were
// over, before what has come is run (wait_calls.cpp).
int block_alertably(volatile void* address, uint32_t expected, double ms) {
  double end = emscripten_get_now() + ms;
  while (true) {
    double left = fmax(0, end - emscripten_get_now());
    int result =
      _emscripten_deputy_block(address, expected, fmin(left, ALERT_MS));
    if (result != -ETIMEDOUT || left <= ALERT_MS) {
      return result;
    }
    if (!_emscripten_deputy_has_mail()) {
      continue;
    }
    struct deputy_notes* notes = _emscripten_deputy_notes(pthread_self());
    if (notes->wait.call == DEPUTY_CALL_COND) {
      notes->is_alerted = true;
      return -ETIMEDOUT;
    }
    emscripten_deputy_poll();
  }
}

// ---- Threads that may not ---------------------------------------------------

// An AudioWorklet. Whatever it waits for changes the futex's value: nobody has
// to wake it.
int spin(volatile void* address, uint32_t expected, double ms) {
  auto* futex = static_cast<volatile uint32_t*>(address);
  double end = emscripten_get_now() + ms;
  do {
    for (int i = 0; i < LOOKS; i++) {
      if (__atomic_load_n(futex, __ATOMIC_SEQ_CST) != expected) {
        return -EWOULDBLOCK;
      }
    }
  } while (emscripten_get_now() < end);
  return -ETIMEDOUT;
}

// ---- The wait ---------------------------------------------------------------

// In the middle of a task the next ones run only to end a deadlock: whoever has
// sent them does not expect them in there, where a lock is held for a moment,
// malloc's for one.
bool may_run_tasks() {
  struct deputy_notes* notes = own_notes();
  return !holds && emscripten_stack_get_free() > STACK_RESERVE &&
         _emscripten_deputy_has_tasks() &&
         (!notes->task ||
          emscripten_get_now() - notes->wait.since > PATIENCE_MS);
}

void run_tasks() {
  // What they wait for has its own name.
  struct deputy_wait outer = _emscripten_deputy_begin_wait(0, nullptr);
  struct deputy_task* current = own_notes()->task;
  add(tasks_run);
  if (_emscripten_deputy_run_tasks_js()) {
    _emscripten_deputy_drop_tasks(emscripten_main_runtime_thread_id(), current);
  }
  _emscripten_deputy_end_wait(outer);
}

// The UI thread has entered the futex into _emscripten_main_thread_futex, and
// leaves it. False: whoever has woken it, has taken it out.
bool leave_futex(void* address) {
  void* entered = address;
  return __atomic_compare_exchange_n(&_emscripten_main_thread_futex,
                                     &entered,
                                     nullptr,
                                     false,
                                     __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST);
}

// Where it can sleep, as in Node.js: whoever sends it a task wakes it.
int sleep_on_ui(void* address, uint32_t expected, double ms) {
  struct deputy_wait& wait = own_notes()->wait;
  double end = emscripten_get_now() + ms;
  for (;;) {
    if (may_run_tasks()) {
      run_tasks();
    }
    int result =
      _emscripten_deputy_block(address, expected, fmin(ms, SLICE_MS));
    if (may_run_tasks()) {
      run_tasks();
    }
    if (result != -ETIMEDOUT) {
      return result;
    }
    check(wait, own_tid(), address, expected, ms != INFINITY, false);
    ms = end - emscripten_get_now();
    if (ms <= 0) {
      return result;
    }
  }
}

// In a call of a promising export: the page goes on. CANT_SUSPEND where that
// is not so.
int suspend_on_ui(void* address, uint32_t expected, double ms) {
  if (!_emscripten_deputy_try_suspend || !_emscripten_deputy_activation() ||
      holds) {
    return CANT_SUSPEND;
  }
  auto* futex = static_cast<volatile uint32_t*>(address);
  for (int i = 0; i < LOOKS; i++) {
    if (__atomic_load_n(futex, __ATOMIC_SEQ_CST) != expected) {
      return -EWOULDBLOCK;
    }
  }
  return _emscripten_deputy_try_suspend(address, expected, ms);
}

int spin_on_ui(void* address, uint32_t expected, double ms) {
  auto* futex = static_cast<volatile uint32_t*>(address);
  struct deputy_wait& wait = own_notes()->wait;
  double now = emscripten_get_now();
  double end = now + ms;
  double next_check = now;
  for (;;) {
    if (__atomic_load_n(futex, __ATOMIC_SEQ_CST) != expected) {
      return -EWOULDBLOCK;
    }
    // In a wait that a task is in there can be another, which leaves its own
    // before the outer one goes on.
    __atomic_store_n(&_emscripten_main_thread_futex, address, __ATOMIC_SEQ_CST);
    for (int i = 0; i < LOOKS; i++) {
      if (__atomic_load_n(futex, __ATOMIC_SEQ_CST) != expected ||
          !__atomic_load_n(&_emscripten_main_thread_futex, __ATOMIC_SEQ_CST)) {
        break;
      }
    }
    if (!leave_futex(address)) {
      return 0;
    }
    now = emscripten_get_now();
    if (now >= end) {
      return -ETIMEDOUT;
    }
    if (_emscripten_check_timers && _emscripten_check_timers(now)) {
      return -EINTR;
    }
    if (may_run_tasks()) {
      run_tasks();
    } else if (int error = _emscripten_deputy_cancelled()) {
      return error;
    }
    if (now >= next_check) {
      next_check = now + CHECK_MS;
      check(wait, own_tid(), address, expected, ms != INFINITY, false);
    }
  }
}

} // namespace

extern "C" {

// ---- Called by libdeputy_wait.js (UI thread) -------------------------------

const char* _emscripten_deputy_call_name(int call) { return CALLS[call]; }

// Every now and then while a call is suspended, without time limit.
void _emscripten_deputy_look(activation* suspended,
                             const volatile void* address,
                             uint32_t expected) {
  check(*_emscripten_deputy_activation_wait(suspended),
        _emscripten_deputy_activation_tid(suspended),
        address,
        expected,
        false,
        true);
}

// What the thread of an index is about; null when there is none. Valid until
// the next call.
struct Description {
  pthread_t thread;
  // Null: it waits for nothing.
  const volatile void* waits_on;
  const char* call;
  const char* name;
  int tid;
  int is_queued;
  int has_returned;
  // It waits for a call that the UI thread is in the middle of.
  int is_caller;
};

Description* _emscripten_deputy_describe(int index) {
  static Description description;
  pthread_t thread = _emscripten_deputy_pool_thread_at(index);
  if (!thread) {
    return nullptr;
  }
  struct deputy_notes* notes = _emscripten_deputy_notes(thread);
  description = {thread,
                 _emscripten_deputy_waits_on(thread),
                 CALLS[notes->wait.call],
                 notes->name,
                 _emscripten_deputy_tid(thread),
                 _emscripten_deputy_pool_is_queued(index),
                 notes->has_returned,
                 is_called_by(thread)};
  return &description;
}

// ---- Any thread: the public functions (see emscripten/deputy.h) -------------

int emscripten_deputy_wait_stats(int call,
                                 emscripten_deputy_wait_stats_t* stats) {
  if (call < 0 || call >= DEPUTY_CALLS) {
    return EINVAL;
  }
  const Figures& of_call = figures[call];
  *stats = {CALLS[call],
            of_call.count.load(std::memory_order_relaxed),
            of_call.total.load(std::memory_order_relaxed),
            of_call.longest.load(std::memory_order_relaxed)};
  return 0;
}

unsigned emscripten_deputy_calls_served(void) {
  return tasks_run.load(std::memory_order_relaxed);
}

double emscripten_deputy_longest_stall(void) {
  return longest_stall.load(std::memory_order_relaxed);
}

// ---- Called by libc ---------------------------------------------------------

// Any thread. -EWOULDBLOCK, -ETIMEDOUT, -EINTR, -EINVAL, or 0 when it was
// woken.
int emscripten_futex_wait(volatile void* address,
                          uint32_t expected,
                          double ms) {
  bool can_block = _emscripten_thread_supports_atomics_wait();
  if (can_block && !emscripten_is_main_runtime_thread()) {
    return _emscripten_deputy_is_alertable(address)
             ? block_alertably(address, expected, ms)
             : _emscripten_deputy_block(address, expected, ms);
  }
  if (reinterpret_cast<uintptr_t>(address) & 3) {
    return -EINVAL;
  }
  if (!emscripten_is_main_runtime_thread()) {
    return spin(address, expected, ms);
  }
  struct deputy_wait outer = own_notes()->wait;
  bool is_named = outer.call != DEPUTY_CALL_FUTEX;
  if (!is_named) {
    _emscripten_deputy_begin_wait(DEPUTY_CALL_FUTEX, address);
  }
  struct deputy_wait& wait = own_notes()->wait;
  Figures& of_call = figures[wait.call];
  double start = emscripten_get_now();
  if (!wait.since) {
    wait.since = start;
    add(of_call.count);
  }
  auto* futex = const_cast<void*>(address);
  int result = suspend_on_ui(futex, expected, ms);
  bool is_suspended = result != CANT_SUSPEND;
  if (!is_suspended) {
    auto* wait_on_ui = can_block ? sleep_on_ui : spin_on_ui;
    depth++;
    result = wait_on_ui(futex, expected, ms);
    depth--;
  }
  double now = emscripten_get_now();
  of_call.total.store(of_call.total.load(std::memory_order_relaxed) + now -
                        start,
                      std::memory_order_relaxed);
  raise(of_call.longest, now - wait.since);
  if (!depth && !is_suspended) {
    raise(longest_stall, now - wait.since);
  }
  if (!is_named) {
    _emscripten_deputy_end_wait(outer);
  }
  return result;
}

struct deputy_wait _emscripten_deputy_begin_wait(int call,
                                                 const volatile void* object) {
  struct deputy_notes* notes = _emscripten_deputy_notes(pthread_self());
  struct deputy_wait outer = notes->wait;
  // Whoever waits for a call does so with a condition.
  if (outer.call != DEPUTY_CALL_PROXY || call != DEPUTY_CALL_COND) {
    notes->wait = {call, object, 0, 0, false, false};
  }
  return outer;
}

void _emscripten_deputy_end_wait(struct deputy_wait outer) {
  _emscripten_deputy_notes(pthread_self())->wait = outer;
}

// Worker, once for each thread that it runs: the thread's entry has returned,
// and the thread lives on at its event loop.
void _emscripten_deputy_returned(void) {
  _emscripten_deputy_notes(pthread_self())->has_returned = true;
}

void _emscripten_deputy_hold_tasks(void) {
  if (emscripten_is_main_runtime_thread()) {
    holds++;
  }
}

void _emscripten_deputy_release_tasks(void) {
  if (emscripten_is_main_runtime_thread()) {
    holds--;
  }
}

} // extern "C"
