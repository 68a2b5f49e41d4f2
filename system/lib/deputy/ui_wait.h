/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * What threads say of themselves while they wait and serve, for whoever must
 * explain why the UI thread can't go on; and what the files of room `wait` call
 * of each other. Only C can include musl's pthread_impl.h, hence the C.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The call that a thread waits in. CALLS in ui_wait.cpp has their names.
enum {
  DEPUTY_CALL_FUTEX, // what no other names
  DEPUTY_CALL_JOIN,
  DEPUTY_CALL_COND,
  DEPUTY_CALL_SEM,
  DEPUTY_CALL_BARRIER,
  DEPUTY_CALL_SLEEP,
  DEPUTY_CALL_PROXY,
  DEPUTY_CALL_PAGE, // of the page's, for one or for its end
  // From here on a lock: whoever holds it gives it back.
  DEPUTY_CALL_MUTEX,
  DEPUTY_CALL_READ_LOCK,
  DEPUTY_CALL_WRITE_LOCK,
  DEPUTY_CALL_ONCE,
  DEPUTY_CALL_FILE,
  DEPUTY_CALL_LIBC_LOCK,
  DEPUTY_CALL_SPIN_LOCK,
  DEPUTY_CALL_LOCK,
  // From here on what no program can make long.
  DEPUTY_CALL_MALLOC,
  DEPUTY_CALL_NOTIFY,
  DEPUTY_CALLS
};

struct deputy_wait {
  int call;
  const volatile void* object;
  // UI thread: the time at which it began to wait, in ms; 0 while it has not.
  double since;
  // Since when every look has found that it can't end; whether it was reported.
  double hopeless_since;
  bool is_reported;
  // For something that is far away, as poll() is.
  bool is_long;
};

struct em_task_queue;

// A task of another thread that a thread runs. It lies on the thread's stack.
struct deputy_task {
  struct deputy_task* outer;
  struct em_task_queue* queue;
  void (*cancel)(void*);
  void* arg;
};

struct em_proxying_ctx;
struct batch;
struct call_server;

// Whether it pays a thread to look for the end of its calls (proxying.c).
struct deputy_looks {
  bool pay;
  // How often it has on end, up to a limit; and failed to, before that.
  int streak;
  int failures;
  // Calls since the last look, while it does not pay.
  int skipped;
};

// Of each thread, written by it alone but for the name. The UI thread reads
// them at any time, and takes what it finds for a hint.
struct deputy_notes {
  // Who needs the thread's block, besides itself and those who join it: calls
  // that it has abandoned, whose stack it is. Any thread.
  int32_t abandoned;
  struct deputy_wait wait;
  // The innermost of those it runs.
  struct deputy_task* task;
  // Of those that end later than their function: the last it has begun.
  struct em_proxying_ctx* begun;
  // Of calls that go together; or null (proxying.c).
  struct batch* batch;
  // Where what JavaScript throws in its calls goes; or null.
  char** js_error;
  struct deputy_looks looks;
  // Of calls of the page's; or null (call.cpp).
  struct call_server* call_server;
  // It runs what is in its mailbox, until this time (UI thread, ms; 0: until
  // there is no more); and the caller of one of these did not sleep.
  bool is_at_mailbox;
  double turn_end;
  bool is_awaited;
  // From its entry; it lives on at its event loop.
  bool has_returned;
  // It has left its wait for a condition, to run what has come for it.
  bool is_alerted;
  char name[16];
};

// ---- In ui_wait.cpp

// Any thread. Says what it waits in, and for what, until it says that it does
// no more, with what the first has returned.
struct deputy_wait _emscripten_deputy_begin_wait(int call,
                                                 const volatile void* object);
void _emscripten_deputy_end_wait(struct deputy_wait outer);

// UI thread. Between the two it waits without running tasks: it holds a lock
// that they may need.
void _emscripten_deputy_hold_tasks(void);
void _emscripten_deputy_release_tasks(void);

// ---- In thread_life.c

// Any thread. Stays as long as the thread's block.
struct deputy_notes* _emscripten_deputy_notes(pthread_t thread);

// Of `thread`: what it waits on, or null; its tid; whether `address` lies in
// its stack.
const volatile void* _emscripten_deputy_waits_on(pthread_t thread);
int _emscripten_deputy_tid(pthread_t thread);
bool _emscripten_deputy_has_on_stack(pthread_t thread, const void* address);

// ---- In call.cpp

// Any thread, which waits on `address`: whether it may run calls of the page's
// meanwhile.
bool _emscripten_deputy_is_alertable(const volatile void* address);

// ---- In locks.c

// Any thread, in `call`: waits while `lasts(object)`, whose end wakes nobody.
void _emscripten_deputy_spin(int call,
                             volatile void* object,
                             bool (*lasts)(volatile void*));

// ---- In task_queue.c

// UI thread. Whether another thread has sent it something to run, and runs it:
// also what came to a queue that it is in the middle of.
bool _emscripten_deputy_has_tasks(void);
void _emscripten_deputy_run_tasks(void);

// An exception, or its end, has ended what `thread` was running, but for
// `until` and those outside of it: whoever waits for them is told. Called by
// itself, or by the UI thread when its worker is gone.
void _emscripten_deputy_drop_tasks(pthread_t thread, struct deputy_task* until);

// ---- In mailbox.c

// Any thread. Whether something has come for it, that poll() would run.
bool _emscripten_deputy_has_mail(void);

// ---- In proxying.c

// The same for calls that it has begun and would have ended later.
void _emscripten_deputy_cancel_calls(pthread_t thread);

// Any thread, which ends, or ends the program: what it has gathered is sent.
void _emscripten_deputy_leave_batch(void);

// ---- In mutex.c

// UI thread, waiting in `call`: the tid of the thread that holds `object`, of
// which `address` is the futex; 0 when nobody can know.
int _emscripten_deputy_owner(int call,
                             const volatile void* object,
                             const volatile void* address);

// Any thread. Whether that is the lock of the condition itself, which is waited
// for with the program's mutex still locked.
bool _emscripten_deputy_is_lock_of_cond(const volatile void* condition,
                                        const volatile void* address);

// ---- In deputy_main.cpp

// Any thread. That thread is no more, before its block can be freed.
void _emscripten_deputy_ended(pthread_t thread);

// ---- In futex_wait.c

// Threads that may block: upstream's emscripten_futex_wait.
int _emscripten_deputy_block(volatile void* address,
                             uint32_t expected,
                             double ms);

// Any thread. Ends it when it was cancelled and lets itself be; -ECANCELED when
// it wants to be told instead, else 0.
int _emscripten_deputy_cancelled(void);

#ifdef __cplusplus
}
#endif
