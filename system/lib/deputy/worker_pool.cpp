/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Starts threads on idle workers, and ends them, without the UI thread. The way
 * of a thread, from file to file:
 *
 *   1. any     pthread_create (thread_life.c) admits it and makes its block
 *   2. any     _emscripten_deputy_pool_submit, here, hands it over or queues it
 *   3. worker  _emscripten_deputy_pool_next, here, returns it
 *   4. worker  libdeputy_pool.js runs it, and comes back to step 3
 *   5. any     pthread_join (thread_life.c) waits for step 3 to publish its
 *              end, and frees its block
 *
 * The UI thread's part, more workers and fewer, is libdeputy_pool.js's. The
 * logic is in worker_pool.h.
 */

#include <emscripten/deputy.h>
#include <emscripten/threading.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>

#include "platform.h"
#include "thread_life.h"
#include "ui_wait.h"
#include "worker_pool.h"

using deputy::Platform;

namespace {

// MAX_WORKERS in tools/deputy.py.
constexpr int SLOTS = 512;
using Pool = deputy::WorkerPool<Platform, SLOTS>;

Pool pool;

// The thread of an index, written by its creator before the start.
// libdeputy_pool.js reads it.
struct ThreadStart {
  pthread_t thread;
  void* (*entry)(void*);
  void* arg;
  // It gets objects by message, before it runs.
  uintptr_t has_objects;
};

ThreadStart starts[SLOTS];

// Set by whoever asked the UI thread for workers, until it has looked. seq_cst,
// with Pool::missing(): either the one who sets it asks, or the UI thread,
// which clears it and then looks, sees why.
std::atomic<bool> asked{false};

// A futex for those who wait for workers: changes when one has loaded, and when
// no more are to come.
std::atomic<uint32_t> news{0};

// Of PTHREAD_POOL_SIZE_MAX: what the program set, and whether no worker can be
// had, which makes what is there the limit.
std::atomic<int> limit{SLOTS};
std::atomic<bool> refused{false};

std::atomic<int> idle_timeout{0};

// Threads in emscripten_deputy_pool_reserve().
std::atomic<int> reservers{0};

int64_t nanoseconds(int ms) { return ms * INT64_C(1000000); }

// Any thread. The index of `thread`, or -1.
int index_of(pthread_t thread) {
  for (int index = 0; index < pool.used(); index++) {
    if (starts[index].thread == thread && pool.slot_of(index) != Pool::NONE) {
      return index;
    }
  }
  return Pool::NONE;
}

// release: pairs with emscripten_deputy_pool_reserve().
void tell_reservers() {
  news.fetch_add(1, std::memory_order_release);
  Platform::notify(news, UINT32_MAX);
}

int clamp(int value, int low, int high) {
  return value < low ? low : value > high ? high : value;
}

} // namespace

extern "C" {

// In libdeputy_pool.js. Any thread; waits for nothing: has the UI thread call
// _emscripten_deputy_pool_answer.
void _emscripten_deputy_pool_ask_js(void);

// In libdeputy_pool.js. Worker: tells the UI thread that no thread is alive.
void _emscripten_deputy_pool_quiet_js(void);

// ---- Any thread: creation (see thread_life.h)

int _emscripten_deputy_pool_admit(void) { return pool.admit(); }

void _emscripten_deputy_pool_dismiss(int index) { pool.dismiss(index); }

void _emscripten_deputy_pool_enter(int index,
                                   pthread_t thread,
                                   void* (*entry)(void*),
                                   void* arg) {
  starts[index] = {thread, entry, arg, false};
}

static void ask(void) {
  if (!asked.exchange(true)) {
    _emscripten_deputy_pool_ask_js();
  }
}

static void ask_for_missing(void) {
  if (pool.missing() > 0) {
    ask();
  }
}

void _emscripten_deputy_pool_submit(int index) {
  pool.submit(index);
  // It was admitted when there could still be more. seq_cst, with refused:
  // either the UI thread finds it in the queue then, or it is asked to look.
  if (refused && pool.is_queued(index)) {
    ask();
  }
  ask_for_missing();
}

// UI thread. Starts a thread that pthread_create has left to it, because
// objects go with it.
void _emscripten_deputy_pool_submit_with_objects(pthread_t thread, int count) {
  for (int index = 0; index < pool.used(); index++) {
    if (starts[index].thread == thread && pool.is_admitted(index)) {
      starts[index].has_objects = count;
      _emscripten_deputy_pool_submit(index);
      return;
    }
  }
}

// ---- Workers

// Worker. The futex word of its slot.
void* _emscripten_deputy_pool_word(int slot) { return &pool.word(slot); }

// Worker of `slot`, once, when it has loaded.
void _emscripten_deputy_pool_loaded(int slot) {
  pool.enter(slot);
  tell_reservers();
}

// Worker. The table of threads, for libdeputy_pool.js to read.
void* _emscripten_deputy_pool_starts(void) { return starts; }

static deputy::AdaptiveSpin<Platform> join_spin;

// Not the UI thread. Waits for a thread to end, for a short time only.
void _emscripten_deputy_thread_spin(volatile int* detach_state, int expected) {
  join_spin.changes(
    reinterpret_cast<std::atomic<uint32_t>&>(*const_cast<int*>(detach_state)),
    expected);
}

// Worker, or UI thread for a worker that is gone. The thread is over: tells
// whoever joins it.
static void publish(int index) {
  pthread_t thread = starts[index].thread;
  bool was_last = pool.dismiss(index);
  _emscripten_deputy_thread_publish(thread);
  if (was_last) {
    _emscripten_deputy_pool_quiet_js();
  }
}

// Worker of `slot`, on its idle stack; the thread that it ran, `over`, if any,
// has ended, and its frames are gone. Blocks for `hot_ms` at most. Returns the
// index of a thread to run, or Pool::PARK: then the worker waits, at its event
// loop, for its word to change, and calls _emscripten_deputy_pool_woken; or
// Pool::LEAVE.
int _emscripten_deputy_pool_next(int slot, int hot_ms, int over) {
  return pool.next(slot, nanoseconds(hot_ms), [over] {
    if (over != Pool::NONE) {
      publish(over);
    }
  });
}

int _emscripten_deputy_pool_woken(int slot, int hot_ms) {
  return pool.woken(slot, nanoseconds(hot_ms));
}

// Worker of `slot`, PARKED, that would rather block again.
int _emscripten_deputy_pool_resume(int slot, int hot_ms) {
  return pool.resume(slot, nanoseconds(hot_ms));
}

// Worker whose thread has crashed; it does not come back.
void _emscripten_deputy_pool_crashed(int over) { publish(over); }

// Worker of `slot` whose thread has ended, and which leaves.
void _emscripten_deputy_pool_resign(int slot, int over) {
  pool.resign(slot);
  publish(over);
}

// ---- UI thread: workers come and go

// UI thread, before the first thread. With one core, whoever looks keeps the
// one that it waits for from running.
void _emscripten_deputy_pool_set_cores(int cores) {
  pool.spin().enable(cores > 1);
  join_spin.enable(cores > 1);
}

// UI thread. Ends a thread that no worker runs.
static void end_for(int index) {
  _emscripten_deputy_thread_end_for(starts[index].thread);
  publish(index);
}

// UI thread. The same of one that waits for a worker, if there is one.
static bool end_queued(void) {
  int index = pool.withdraw();
  if (index == Pool::NONE) {
    return false;
  }
  end_for(index);
  return true;
}

// UI thread. How many workers are to be started now; with those that are
// `ahead` of need, or without.
int _emscripten_deputy_pool_answer(bool ahead) {
  asked.store(false);
  // For those beyond the limit none comes.
  while (refused && pool.live() > pool.max() && end_queued()) {
  }
  return clamp(pool.missing(ahead ? pool.spare().load() : 0), 0, SLOTS);
}

int _emscripten_deputy_pool_open(void) { return pool.open(); }

// UI thread. Retires what was idle since the last call; libdeputy_pool.js hears
// from the workers. Leaves those alone that somebody waits for.
void _emscripten_deputy_pool_shrink(void) {
  if (!reservers) {
    pool.shrink();
    ask_for_missing();
    // Of one that has come since, what it reserved may be forgotten.
    tell_reservers();
  }
}

bool _emscripten_deputy_pool_may_shrink(void) { return pool.may_shrink(); }

void _emscripten_deputy_pool_vacate(int slot) { pool.vacate(slot); }

// UI thread. No more workers can be had: those that are there are the limit
// from now on, and the threads that wait for one end with an error. Returns how
// many did.
int _emscripten_deputy_pool_refuse(void) {
  // In this order: who asks for another try takes it back after it has seen the
  // other.
  pool.max() = clamp(pool.size(), 1, limit);
  refused.store(true);
  int ended = 0;
  while (end_queued()) {
    ended++;
  }
  tell_reservers();
  return ended;
}

// UI thread. The worker of `slot` is gone. Ends the thread that it ran. Returns
// Pool::RETRY when it should be called again in a moment.
int _emscripten_deputy_pool_bury(int slot) {
  int index;
  while ((index = pool.bury(slot)) >= 0) {
    end_for(index);
  }
  if (refused.load(std::memory_order_relaxed)) {
    _emscripten_deputy_pool_refuse();
  }
  return index;
}

// UI thread. The slot of the worker that runs `thread`, or -1.
int _emscripten_deputy_pool_slot_of(pthread_t thread) {
  int index = index_of(thread);
  return index == Pool::NONE ? Pool::NONE : pool.slot_of(index);
}

// UI thread. The thread that the worker of `slot` runs, or null.
pthread_t _emscripten_deputy_pool_thread_of(int slot) {
  for (int index = 0; index < pool.used(); index++) {
    if (pool.slot_of(index) == slot) {
      return starts[index].thread;
    }
  }
  return 0;
}

// UI thread. Indices of threads are below this.
int _emscripten_deputy_pool_used(void) { return pool.used(); }

// UI thread. The live thread of an index, or null; whether it waits for a
// worker.
pthread_t _emscripten_deputy_pool_thread_at(int index) {
  return pool.slot_of(index) != Pool::NONE || pool.is_queued(index)
           ? starts[index].thread
           : 0;
}

bool _emscripten_deputy_pool_is_queued(int index) {
  return pool.is_queued(index);
}

pthread_t _emscripten_deputy_pool_thread_with(int tid) {
  for (int i = 0; i < pool.used(); i++) {
    pthread_t thread = _emscripten_deputy_pool_thread_at(i);
    if (thread && _emscripten_deputy_tid(thread) == tid) {
      return thread;
    }
  }
  return 0;
}

// ---- Any thread: the public functions (see emscripten/deputy.h)

int emscripten_deputy_pool_size(void) { return pool.size(); }
int emscripten_deputy_pool_idle(void) { return pool.idle(); }
int emscripten_deputy_pool_queued(void) { return pool.queued(); }
int emscripten_deputy_pool_live(void) { return pool.live(); }
int _emscripten_deputy_pool_ready(void) { return pool.ready(); }
int emscripten_deputy_pool_spare(void) { return pool.spare(); }
int emscripten_deputy_pool_max(void) { return limit; }
int emscripten_deputy_pool_idle_timeout(void) { return idle_timeout; }

// The UI thread looks what follows of it.
static int set(std::atomic<int>& bound, int value, int low, int high) {
  if (value < low || value > high) {
    return EINVAL;
  }
  bound.store(value);
  tell_reservers();
  _emscripten_deputy_pool_ask_js();
  return 0;
}

int emscripten_deputy_pool_set_size(int workers) {
  return set(pool.least(), workers, 0, SLOTS);
}

int emscripten_deputy_pool_set_spare(int workers) {
  return set(pool.spare(), workers, 0, SLOTS);
}

int emscripten_deputy_pool_set_max(int workers) {
  int error = set(limit, workers, 1, SLOTS);
  if (!error) {
    refused.store(false, std::memory_order_relaxed);
    error = set(pool.max(), workers, 1, SLOTS);
  }
  return error;
}

int emscripten_deputy_pool_set_idle_timeout(int ms) {
  return set(idle_timeout, ms, 0, INT32_MAX);
}

// Any thread. What Module.deputy.pool has, by its place there (FIGURES in
// libdeputy_pool.js), and changes.
int _emscripten_deputy_pool_figure(int place) {
  int (*const figures[])() = {emscripten_deputy_pool_size,
                              emscripten_deputy_pool_spare,
                              emscripten_deputy_pool_max,
                              emscripten_deputy_pool_idle_timeout,
                              emscripten_deputy_pool_idle,
                              emscripten_deputy_pool_queued,
                              emscripten_deputy_pool_live};
  return figures[place]();
}

int _emscripten_deputy_pool_change(int place, int value) {
  int (*const changes[])(int) = {emscripten_deputy_pool_set_size,
                                 emscripten_deputy_pool_set_spare,
                                 emscripten_deputy_pool_set_max,
                                 emscripten_deputy_pool_set_idle_timeout};
  return changes[place](value);
}

// Any thread. Has workers loaded for `threads` more threads than are alive.
// Returns how many workers there will then be, or -EINVAL or -EAGAIN.
int _emscripten_deputy_pool_request(int threads) {
  if (threads < 0) {
    return -EINVAL;
  }
  int live = pool.live();
  if (threads > limit - live) {
    return -EAGAIN;
  }
  int wanted = live + threads;
  // Another try, if none could be had.
  if (refused.exchange(false)) {
    pool.max() = limit.load();
  }
  pool.reserve(wanted);
  ask_for_missing();
  return wanted;
}

int emscripten_deputy_pool_reserve(int threads) {
  if (emscripten_is_main_runtime_thread()) {
    return EDEADLK;
  }
  // The wait is no cancellation point: idle workers would stay for ever.
  int cancelstate;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelstate);
  reservers++;
  int wanted = _emscripten_deputy_pool_request(threads);
  int error = wanted < 0 ? -wanted : 0;
  while (!error) {
    uint32_t seen = news.load(std::memory_order_acquire);
    if (pool.ready() >= wanted) {
      break;
    }
    if (refused.load(std::memory_order_relaxed) || wanted > limit) {
      error = EAGAIN;
    } else {
      // Again: see _emscripten_deputy_pool_shrink().
      pool.reserve(wanted);
      ask_for_missing();
      emscripten_futex_wait(&news, seen, INFINITY);
    }
  }
  reservers--;
  pthread_setcancelstate(cancelstate, nullptr);
  return error;
}

} // extern "C"
