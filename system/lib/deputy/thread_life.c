/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Creates, ends and joins threads. Stands in for upstream's
 * system/lib/pthread/pthread_create.c and musl's pthread_join.c: it defines the
 * same symbols and comes first when the linker looks for them. What is
 * different:
 *
 * - Memory that runs out is EAGAIN, and leaves nothing behind.
 * - The count of threads changes under the lock of their list.
 * - A thread starts through worker_pool.cpp, not through the UI thread.
 * - An ended thread is published when its frames are gone and its worker can be
 *   had, so that whoever joined it may free its block and start the next.
 * - Whoever joins a thread that ends soon does not sleep.
 */

#include "pthread_impl.h"
#include "stdio_impl.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <emscripten/heap.h>
#include <emscripten/threading.h>

#include "call.h"
#include "em_task_queue.h"
#include "thread_life.h"
#include "threading_internal.h"
#include "ui_wait.h"

// ---- The list of threads ----------------------------------------------------

// The tid of the thread that holds the lock, which may lock it again.
volatile int __thread_list_lock;

static int list_lock_depth;
static int list_lock_waiters;

void __tl_lock(void) {
  int self = __pthread_self()->tid;
  if (__thread_list_lock == self) {
    list_lock_depth++;
    return;
  }
  int owner = a_cas(&__thread_list_lock, 0, self);
  if (!owner) {
    return;
  }
  struct deputy_wait outer =
    _emscripten_deputy_begin_wait(DEPUTY_CALL_LIBC_LOCK, &__thread_list_lock);
  do {
    __wait(&__thread_list_lock, &list_lock_waiters, owner, 0);
  } while ((owner = a_cas(&__thread_list_lock, 0, self)));
  _emscripten_deputy_end_wait(outer);
}

static void release_list(void) {
  a_store(&__thread_list_lock, 0);
  if (list_lock_waiters) {
    __wake(&__thread_list_lock, 1, 0);
  }
}

void __tl_unlock(void) {
  if (list_lock_depth) {
    list_lock_depth--;
  } else {
    release_list();
  }
}

// It may have died with the lock in its hands.
static void release_list_of_dead(pthread_t thread) {
  if (__thread_list_lock == thread->tid) {
    list_lock_depth = 0;
    release_list();
  }
}

static void enlist(pthread_t thread) {
  pthread_t self = __pthread_self();
  __tl_lock();
  thread->next = self->next;
  thread->prev = self;
  thread->next->prev = thread;
  self->next = thread;
  // Locks of libc are real from now on, before the thread can run.
  libc.threads_minus_1++;
  libc.need_locks = 1;
  __tl_unlock();
}

// Under the lock.
static void delist(pthread_t thread) {
  if (!--libc.threads_minus_1) {
    libc.need_locks = 0;
  }
  thread->next->prev = thread->prev;
  thread->prev->next = thread->next;
  thread->next = thread->prev = thread;
}

// ---- Blocks: struct pthread, notes, TLS, specific data, guard, stack --------

static bool has_wait_async;

// Of ended threads, linked by `next`: they are freed by whoever creates the
// next. A detached thread can't free its own, and the UI thread must not wait
// for malloc's lock.
static _Atomic(pthread_t) discarded;

static atomic_bool is_held;

void _emscripten_deputy_thread_set_wait_async(int available) {
  has_wait_async = available;
}

static volatile size_t no_keys = 0;
weak_alias(no_keys, __pthread_tsd_size);

static struct deputy_notes main_notes;

// Of a thread that is not one of ours: a Wasm Worker, or an AudioWorklet's.
// They are its own alone, as nobody sends it anything.
static _Thread_local struct deputy_notes foreign_notes;

// (`sysinfo`: of no other use in WebAssembly.)
struct deputy_notes* _emscripten_deputy_notes(pthread_t thread) {
  if (thread->sysinfo) {
    return (struct deputy_notes*)thread->sysinfo;
  }
  return thread == emscripten_main_runtime_thread_id() ? &main_notes
                                                       : &foreign_notes;
}

const volatile void* _emscripten_deputy_waits_on(pthread_t thread) {
  return (void*)(thread->wait_addr & ~NOTIFY_BIT);
}

int _emscripten_deputy_tid(pthread_t thread) { return thread->tid; }

bool _emscripten_deputy_has_on_stack(pthread_t thread, const void* address) {
  return (uintptr_t)thread->stack - (uintptr_t)address <= thread->stack_size;
}

static uintptr_t round_up(uintptr_t address, size_t alignment) {
  return (address + alignment - 1) & -alignment;
}

// Null when there is no memory.
static pthread_t new_block(const pthread_attr_t* attr) {
  size_t tls_align = __builtin_wasm_tls_align();
  size_t size = sizeof(struct pthread) + sizeof(struct deputy_notes) +
                __builtin_wasm_tls_size() + tls_align + __pthread_tsd_size +
                sizeof(void*);
  size_t used = size;
  size_t guard_size = 0;
  if (!attr->_a_stackaddr) {
    guard_size = attr->_a_guardsize;
    used += guard_size;
    size = used + attr->_a_stacksize + __BIGGEST_ALIGNMENT__;
  }
  if (size < attr->_a_stacksize && !attr->_a_stackaddr) {
    return NULL;
  }
  unsigned char* block = emscripten_builtin_malloc(size);
  if (!block) {
    return NULL;
  }
  // The stack need not be zero.
  memset(block, 0, used);

  pthread_t thread = (pthread_t)block;
  thread->map_base = block;
  thread->map_size = size;
  thread->self = thread;
  thread->tid = _emscripten_get_next_tid();
  thread->robust_list.head = &thread->robust_list.head;
  thread->detach_state = attr->_a_detach ? DT_DETACHED : DT_JOINABLE;
  thread->stack_size = attr->_a_stacksize;
  thread->guard_size = guard_size;

  thread->sysinfo = (uintptr_t)(thread + 1);
  uintptr_t at = (uintptr_t)(_emscripten_deputy_notes(thread) + 1);
  if (__builtin_wasm_tls_size()) {
    at = round_up(at, tls_align);
    thread->tls_base = (void*)at;
    at += __builtin_wasm_tls_size();
  }
  at = round_up(at, sizeof(void*));
  if (__pthread_tsd_size) {
    thread->tsd = (void**)at;
    at += __pthread_tsd_size;
  }
  // musl's `stack` is its high end.
  thread->stack = attr->_a_stackaddr
                    ? (void*)attr->_a_stackaddr
                    : (void*)round_up(at + guard_size + thread->stack_size,
                                      __BIGGEST_ALIGNMENT__);

  _emscripten_thread_mailbox_init(thread);
  if (!thread->mailbox) {
    emscripten_builtin_free(block);
    return NULL;
  }
  // Messages notify the block. Nobody waits there before the thread is at its
  // event loop for the first time; then it looks once (libdeputy_pool.js).
  thread->waiting_async = has_wait_async;
#ifndef NDEBUG
  _emscripten_thread_profiler_init(thread);
#endif
  return thread;
}

// Not the UI thread, and not the thread itself.
void _emscripten_thread_free_data(pthread_t thread) {
#ifndef NDEBUG
  if (thread->profilerBlock) {
    emscripten_builtin_free(thread->profilerBlock);
  }
#endif
  unsigned char* block = thread->map_base;
  // pthread_kill() and the like know a dead thread by it.
  thread->self = NULL;
  emscripten_builtin_free(block);
}

static void discard(pthread_t thread) {
  thread->next = discarded;
  while (!atomic_compare_exchange_weak(&discarded, &thread->next, thread)) {
  }
}

static void free_discarded(void) {
  if (!discarded) {
    return;
  }
  pthread_t thread = atomic_exchange(&discarded, NULL);
  // After they were taken: one that the UI thread has found alive may be among
  // them.
  bool keep = is_held;
  while (thread) {
    pthread_t next = thread->next;
    if (keep) {
      discard(thread);
    } else {
      _emscripten_thread_free_data(thread);
    }
    thread = next;
  }
}

// UI thread. While it holds them, blocks of threads that it may have found
// alive stay. seq_cst: it looks for threads after it has set `is_held`; a
// thread is gone from worker_pool.cpp before whoever frees its block looks at
// `is_held`.
bool _emscripten_deputy_thread_hold(bool hold) {
  return atomic_exchange(&is_held, hold);
}

// Whether nobody needs its block any more: once for those who join it, and once
// for each call that it has abandoned.
static bool is_last(pthread_t thread) {
  return a_fetch_add(&_emscripten_deputy_notes(thread)->abandoned, -1) <= 0;
}

// Any thread. pthread_join's and pthread_detach's, of a thread that is over,
// and an abandoned call's.
void _emscripten_thread_cleanup(pthread_t thread) {
  if (!is_last(thread)) {
    return;
  }
  if (emscripten_is_main_runtime_thread() || is_held) {
    discard(thread);
  } else {
    _emscripten_thread_free_data(thread);
  }
}

// ---- Creation ---------------------------------------------------------------

static void nothing(void) {}
weak_alias(nothing, __pthread_tsd_run_dtors);
weak_alias(nothing, __do_orphaned_stdio_locks);
weak_alias(nothing, __dl_thread_cleanup);

static FILE* volatile no_file = 0;
weak_alias(no_file, __stdin_used);
weak_alias(no_file, __stdout_used);
weak_alias(no_file, __stderr_used);

static void enable_file_lock(FILE* file) {
  if (file && file->lock < 0) {
    file->lock = 0;
  }
}

// The first thread is about to be created.
static void make_libc_threaded(void) {
  for (FILE* file = *__ofl_lock(); file; file = file->next) {
    enable_file_lock(file);
  }
  __ofl_unlock();
  enable_file_lock(__stdin_used);
  enable_file_lock(__stdout_used);
  enable_file_lock(__stderr_used);
  libc.threaded = 1;
}

// In libdeputy_pool.js: starts a thread that gets canvases. -1 when there are
// none.
int _emscripten_deputy_pool_transfer_js(pthread_t thread,
                                        const pthread_attr_t* attr,
                                        void* (*entry)(void*),
                                        void* arg);

// Any thread; waits for malloc's lock and for the list's. EAGAIN: no memory, or
// PTHREAD_POOL_SIZE_MAX threads are alive.
int __pthread_create(pthread_t* restrict result,
                     const pthread_attr_t* restrict given,
                     void* (*entry)(void*),
                     void* restrict arg) {
  if (!result) {
    return EINVAL;
  }
  if (!libc.threaded) {
    make_libc_threaded();
  }
  free_discarded();
  pthread_attr_t attr = {0};
  if (given && given != __ATTRP_C11_THREAD) {
    attr = *given;
  } else {
    attr._a_stacksize = __default_stacksize;
    attr._a_guardsize = __default_guardsize;
  }

  int index = _emscripten_deputy_pool_admit();
  if (index < 0) {
    return EAGAIN;
  }
  pthread_t thread = new_block(&attr);
  if (!thread) {
    _emscripten_deputy_pool_dismiss(index);
    return EAGAIN;
  }
  enlist(thread);
  _emscripten_deputy_pool_enter(index, thread, entry, arg);
  // Before the thread can run and look at it.
  __atomic_store_n(result, thread, __ATOMIC_SEQ_CST);

  int error = -1;
  if (attr._a_transferredcanvases) {
    error = _emscripten_deputy_pool_transfer_js(thread, &attr, entry, arg);
  }
  if (error < 0) {
    _emscripten_deputy_pool_submit(index);
    return 0;
  }
  if (error) {
    __atomic_store_n(result, NULL, __ATOMIC_SEQ_CST);
    __tl_lock();
    delist(thread);
    __tl_unlock();
    em_task_queue_destroy(thread->mailbox);
    _emscripten_deputy_pool_dismiss(index);
    _emscripten_thread_cleanup(thread);
  }
  return error;
}

// ---- End --------------------------------------------------------------------

void __do_cleanup_push(struct __ptcb* handler) {
  pthread_t self = __pthread_self();
  handler->__next = self->cancelbuf;
  self->cancelbuf = handler;
}

void __do_cleanup_pop(struct __ptcb* handler) {
  __pthread_self()->cancelbuf = handler->__next;
}

void _emscripten_deputy_forget_cleanup(void) {
  __pthread_self()->cancelbuf = NULL;
}

static void run_cleanup_handlers(pthread_t self) {
  while (self->cancelbuf) {
    struct __ptcb* handler = self->cancelbuf;
    self->cancelbuf = handler->__next;
    handler->__f(handler->__x);
  }
}

// Robust mutexes that a thread held when it ended: their next owner gets
// EOWNERDEAD.
static void hand_on_robust_mutexes(pthread_t thread) {
  __vm_lock();
  volatile void* volatile* held;
  while ((held = thread->robust_list.head) &&
         held != &thread->robust_list.head) {
    pthread_mutex_t* mutex =
      (void*)((char*)held - offsetof(pthread_mutex_t, _m_next));
    int waiters = mutex->_m_waiters;
    int private = (mutex->_m_type & 128) ^ 128;
    thread->robust_list.pending = held;
    thread->robust_list.head = *held;
    // 0x40000000: musl's mark of a dead owner. The sign bit says "waited for".
    int old = a_swap(&mutex->_m_lock, 0x40000000);
    thread->robust_list.pending = 0;
    if (old < 0 || waiters) {
      __wake(&mutex->_m_lock, 1, private);
    }
  }
  __vm_unlock();
}

// Whoever waits for a call that `thread` is in, or has begun, is told.
static void end_calls(pthread_t thread) {
  struct call_server* server = _emscripten_deputy_notes(thread)->call_server;
  if (server) {
    _emscripten_deputy_end_calls(server);
  }
  _emscripten_deputy_drop_tasks(thread, NULL);
  _emscripten_deputy_cancel_calls(thread);
}

// The calling thread is no more, but for its block.
static void leave(pthread_t self) {
  _emscripten_deputy_ended(self);
  __tl_lock();
  hand_on_robust_mutexes(self);
  __do_orphaned_stdio_locks();
  __dl_thread_cleanup();
  delist(self);
  __tl_unlock();
  __set_thread_state(NULL, 0, 0, 1);
}

// In libdeputy_pool.js: publishes the thread when its frames are gone.
void _emscripten_deputy_pool_ended_js(void);

// Any thread, itself; waits for those that are about to send it a message. Its
// frames are still on its stack: libdeputy_pool.js goes on when they are gone.
void _emscripten_thread_exit(void* result) {
  pthread_t self = __pthread_self();
  self->canceldisable = 1;
  self->cancelasync = 0;
  self->result = result;
  struct deputy_notes* notes = _emscripten_deputy_notes(self);
  if (notes->call_server) {
    _emscripten_deputy_close_calls(notes->call_server);
    notes->call_server = NULL;
  }
  _emscripten_deputy_leave_batch();
  _emscripten_thread_mailbox_shutdown(self);
  self->mailbox = NULL;
  run_cleanup_handlers(self);
  __pthread_tsd_run_dtors();
  end_calls(self);
  if (emscripten_is_main_runtime_thread()) {
    exit(0);
  }
  leave(self);
  _emscripten_deputy_pool_ended_js();
}

// Threads that have crashed. Counted before anybody can see that the thread has
// ended (the release of the last word of its join): who exits for it comes to
// the UI thread with the count, which then waits for what the worker says.
static int crashes;

int _emscripten_deputy_crashes(void) {
  return __atomic_load_n(&crashes, __ATOMIC_RELAXED);
}

// The worker of a thread that died of a trap or an exception, with the thread's
// identity but not on its stack. Nothing of the program runs: what it needs may
// be what broke.
void _emscripten_deputy_thread_crashed(void) {
  pthread_t self = __pthread_self();
  __atomic_add_fetch(&crashes, 1, __ATOMIC_RELAXED);
  self->canceldisable = 1;
  self->result = PTHREAD_CANCELED;
  release_list_of_dead(self);
  end_calls(self);
  if (self->mailbox_refcount) {
    _emscripten_thread_mailbox_shutdown(self);
  }
  leave(self);
}

void _emscripten_deputy_thread_end_for(pthread_t thread) {
  thread->result = PTHREAD_CANCELED;
  end_calls(thread);
  // Who wakes it need not do so until it has woken.
  thread->wait_addr = 0;
  release_list_of_dead(thread);
  // Senders that are about to send it a message are a few instructions away
  // from the end of it; one that died there must not stop the UI thread.
  if (thread->mailbox_refcount) {
    thread->mailbox_refcount--;
    for (int i = 0; thread->mailbox_refcount && i < 1000000; i++) {
    }
    em_task_queue_cancel(thread->mailbox);
    if (!thread->mailbox_refcount) {
      em_task_queue_destroy(thread->mailbox);
    }
  }
  _emscripten_deputy_ended(thread);
  __tl_lock();
  hand_on_robust_mutexes(thread);
  delist(thread);
  __tl_unlock();
}

void _emscripten_deputy_thread_publish(pthread_t thread) {
  // Competes with pthread_detach, which else waits for DT_EXITED and frees the
  // block.
  if (a_cas(&thread->detach_state, DT_JOINABLE, DT_EXITING) == DT_DETACHED) {
    if (is_last(thread)) {
      discard(thread);
    }
    return;
  }
  a_store(&thread->detach_state, DT_EXITED);
  __wake(&thread->detach_state, 1, 1);
}

// Without the instrumentation of -fsanitize=address, whose unwinding would run
// on a stack that is left at once.
__attribute__((no_sanitize("address"))) _Noreturn void
__pthread_exit(void* result) {
  _emscripten_thread_exit(result);
  emscripten_unwind_to_js_event_loop();
}

// ---- Join -------------------------------------------------------------------

// Any thread; a cancellation point. Without `until` it waits without a limit.
// ESRCH: no such thread; EDEADLK: the caller itself; EINVAL: detached, also
// meanwhile, or a time that is none; ETIMEDOUT.
static int join(pthread_t thread, void** result, const struct timespec* until) {
  if (!_emscripten_thread_is_valid(thread)) {
    return ESRCH;
  }
  if (thread->detach_state != DT_DETACHED && thread == __pthread_self()) {
    return EDEADLK;
  }
  int cancelstate;
  __pthread_testcancel();
  __pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelstate);
  if (cancelstate == PTHREAD_CANCEL_ENABLE) {
    __pthread_setcancelstate(cancelstate, 0);
  }
  if (_emscripten_thread_supports_atomics_wait()) {
    _emscripten_deputy_thread_spin(&thread->detach_state, DT_JOINABLE);
  }
  struct deputy_wait outer =
    _emscripten_deputy_begin_wait(DEPUTY_CALL_JOIN, thread);
  int state, error = 0;
  while ((state = thread->detach_state) != DT_EXITED && !error) {
    if (state >= DT_DETACHED) {
      error = EINVAL;
      break;
    }
    error =
      __timedwait_cp(&thread->detach_state, state, CLOCK_REALTIME, until, 1);
    if (error != ETIMEDOUT && error != EINVAL) {
      error = 0;
    }
  }
  _emscripten_deputy_end_wait(outer);
  __pthread_setcancelstate(cancelstate, 0);
  if (error) {
    return error;
  }
  // Acquires what the thread has written before it was published.
  a_barrier();
  if (result) {
    *result = thread->result;
  }
  _emscripten_thread_cleanup(thread);
  return 0;
}

int __pthread_join(pthread_t thread, void** result) {
  return join(thread, result, NULL);
}

static int
timedjoin(pthread_t thread, void** result, const struct timespec* until) {
  return join(thread, result, until);
}

static int tryjoin(pthread_t thread, void** result) {
  return thread->detach_state == DT_JOINABLE ? EBUSY
                                             : join(thread, result, NULL);
}

weak_alias(tryjoin, pthread_tryjoin_np);
weak_alias(timedjoin, pthread_timedjoin_np);
weak_alias(__pthread_join, pthread_join);
weak_alias(__pthread_join, emscripten_builtin_pthread_join);

weak_alias(__pthread_create, emscripten_builtin_pthread_create);
weak_alias(__pthread_create, pthread_create);
weak_alias(__pthread_exit, emscripten_builtin_pthread_exit);
weak_alias(__pthread_exit, pthread_exit);
