/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Calls from one thread to another: emscripten/proxying.h, and the calls of
 * JavaScript that runs on the UI thread. Stands in for upstream's
 * system/lib/pthread/proxying.c. What is different:
 *
 * - What is sent by the system queue goes into the thread's mailbox, without a
 *   queue of its own in between. A queue of the program's has one for each
 *   thread, as it may be executed at any time.
 * - Whoever waits for a call waits on one futex word in it, and looks at that
 *   for a while first where this has paid.
 *
 * A call that is waited for lies on its caller's stack; handshake.h has the
 * life of its `state`.
 *
 * Who ends it: the thread that runs it; the same when it dies (drop_tasks in
 * task_queue.c, cancel_calls here); whoever closes the thread's mailbox.
 */

#include <assert.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <emscripten/promise.h>
#include <emscripten/proxying.h>
#include <emscripten/threading.h>
#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "em_task_queue.h"
#include "event.h"
#include "handshake.h"
#include "pthread_impl.h"
#include "queues.h"
#include "thread_life.h"
#include "thread_mailbox.h"
#include "threading_internal.h"

// ---- Queues -----------------------------------------------------------------

struct em_proxying_queue {
  // Guards the others.
  pthread_mutex_t mutex;
  // One for each thread that something was sent to.
  em_task_queue** queues;
  int size;
  int capacity;
};

// It has none: what it is sent goes into mailboxes.
static em_proxying_queue system_queue;

em_proxying_queue* emscripten_proxy_get_system_queue(void) {
  return &system_queue;
}

em_proxying_queue* em_proxying_queue_create(void) {
  em_proxying_queue* queue = calloc(1, sizeof(em_proxying_queue));
  if (queue) {
    pthread_mutex_init(&queue->mutex, NULL);
  }
  return queue;
}

void em_proxying_queue_destroy(em_proxying_queue* queue) {
  assert(queue && queue != &system_queue);
  pthread_mutex_destroy(&queue->mutex);
  for (int i = 0; i < queue->size; i++) {
    em_task_queue_destroy(queue->queues[i]);
  }
  free(queue->queues);
  free(queue);
}

// Under the lock. Null when there is none.
static em_task_queue* find_tasks(em_proxying_queue* queue, pthread_t thread) {
  for (int i = 0; i < queue->size; i++) {
    if (queue->queues[i]->thread == thread) {
      return queue->queues[i];
    }
  }
  return NULL;
}

// Under the lock. Null when there is no memory.
static em_task_queue* add_tasks(em_proxying_queue* queue, pthread_t thread) {
  if (queue->size == queue->capacity) {
    int capacity = queue->capacity ? 2 * queue->capacity : 4;
    em_task_queue** queues =
      realloc(queue->queues, capacity * sizeof(em_task_queue*));
    if (!queues) {
      return NULL;
    }
    queue->queues = queues;
    queue->capacity = capacity;
  }
  em_task_queue* tasks = em_task_queue_create(thread);
  if (tasks) {
    queue->queues[queue->size++] = tasks;
  }
  return tasks;
}

static bool is_in(em_task_queue* tasks) {
  struct deputy_task* running = _emscripten_deputy_notes(pthread_self())->task;
  while (running && running->queue != tasks) {
    running = running->outer;
  }
  return running;
}

// The calling thread's tasks; not in the middle of one of them. Of what is in
// its mailbox not those of queues of the program's: they have their own times.
void emscripten_proxy_execute_queue(em_proxying_queue* queue) {
  assert(queue);
  em_task_queue* tasks = pthread_self()->mailbox;
  if (queue != &system_queue) {
    lock_queue(&queue->mutex);
    tasks = find_tasks(queue, pthread_self());
    unlock_queue(&queue->mutex);
  }
  if (tasks && !is_in(tasks)) {
    _emscripten_deputy_execute_all(tasks, false);
    if (queue == &system_queue && _emscripten_deputy_run_events) {
      _emscripten_deputy_run_events(NULL);
    }
  }
}

static enum deputy_sent send_to_mailbox(pthread_t thread, task t) {
  if (!emscripten_thread_mailbox_ref(thread)) {
    return DEPUTY_NOT_SENT;
  }
  enum deputy_sent sent = _emscripten_deputy_mailbox_send(thread, t);
  emscripten_thread_mailbox_unref(thread);
  return sent;
}

// Of programs with dynamic linking.
extern em_proxying_queue* _Atomic _dlopen_proxying_queue
  __attribute__((__weak__));

static void flush(struct batch* batch);

// The calling thread's batch, when what it sends to `thread` may be in there.
static struct batch* batch_for(em_proxying_queue* queue, pthread_t thread) {
  return queue == &system_queue && thread == emscripten_main_runtime_thread_id()
           ? _emscripten_deputy_notes(__pthread_self())->batch
           : NULL;
}

// Any thread. Not sent: no memory, or `thread` has ended.
static enum deputy_sent
send_task(em_proxying_queue* queue, pthread_t thread, task t) {
  assert(queue);
  struct batch* batch = batch_for(queue, thread);
  if (batch) {
    flush(batch);
  }
  if (queue == &system_queue) {
    return send_to_mailbox(thread, t);
  }
  lock_queue(&queue->mutex);
  em_task_queue* tasks = find_tasks(queue, thread);
  if (!tasks) {
    tasks = add_tasks(queue, thread);
  }
  unlock_queue(&queue->mutex);
  if (!tasks || !em_task_queue_send(tasks, t)) {
    return DEPUTY_NOT_SENT;
  }
  // It looks there also where it waits.
  if (&_dlopen_proxying_queue && queue == _dlopen_proxying_queue) {
    _emscripten_thread_notify(thread);
  }
  return DEPUTY_WOKEN;
}

static void gather(struct batch* batch, task t);

bool emscripten_proxy_async(em_proxying_queue* queue,
                            pthread_t thread,
                            void (*func)(void*),
                            void* arg) {
  struct batch* batch = batch_for(queue, thread);
  task t = {.func = func, .arg = arg};
  if (batch) {
    gather(batch, t);
    return true;
  }
  return send_task(queue, thread, t);
}

bool _emscripten_deputy_proxy_to(int tid, void (*func)(void*), void* arg) {
  bool was_held = _emscripten_deputy_thread_hold(true);
  pthread_t thread = _emscripten_deputy_pool_thread_with(tid);
  bool is_sent =
    thread && emscripten_proxy_async(&system_queue, thread, func, arg);
  _emscripten_deputy_thread_hold(was_held);
  return is_sent;
}

// ---- Waiting for a call -----------------------------------------------------

// How often a caller that probes looks for the end of its call: 50 to 100 µs,
// as long as it takes to wake a thread on an idle core, so that both are awake
// at the next call. It does so in one call of 8, then of 16, up to 1024.
#define PROBE_LOOKS (5 * DEPUTY_LOOKS)
#define FIRST_INTERVAL 8
#define MAX_FAILURES 7
// So many looks on end have to pay for the interval to be the first again.
#define STREAK 4

static bool looks(atomic_int* state, int times) {
  for (int i = 0; i < times; i++) {
    if (atomic_load_explicit(state, memory_order_relaxed) != CALL_PENDING) {
      return true;
    }
  }
  return false;
}

// A thread that had to be woken is not looked for: it may need this core.
static void look(atomic_int* state, bool was_woken) {
  struct deputy_looks* own = &_emscripten_deputy_notes(__pthread_self())->looks;
  if (own->pay && !was_woken) {
    own->pay = looks(state, DEPUTY_LOOKS);
  } else if (++own->skipped >= FIRST_INTERVAL << own->failures) {
    own->skipped = 0;
    own->pay = looks(state, PROBE_LOOKS);
  } else {
    return;
  }
  if (own->pay) {
    own->streak += own->streak < STREAK;
    return;
  }
  if (own->streak == STREAK) {
    own->failures = 0;
  } else if (own->failures < MAX_FAILURES) {
    own->failures++;
  }
  own->streak = 0;
}

// Between a caller that is cancelled, and frees what it has given, and the UI
// thread, which looks at that again and again: it takes the guard for each
// look. seq_cst on both sides.
enum { GUARD_FREE, GUARD_TAKEN, GUARD_LEFT };
#define GUARD_MS 1

// The caller. Whether the call lies in its block, which stays when it leaves.
static bool is_on_own_stack(void) {
  pthread_t self = __pthread_self();
  return (uintptr_t)self->stack - (uintptr_t)self->map_base <= self->map_size;
}

// The caller, which is to be cancelled. Whether it can leave: then its block
// stays until the call ends. It waits for a look that the UI thread has at what
// it was given, which is short (libdeputy_wait.js).
static bool abandon(atomic_int* state, atomic_int* guard) {
  int32_t* abandoned = &_emscripten_deputy_notes(__pthread_self())->abandoned;
  a_inc(abandoned);
  for (int free = GUARD_FREE;
       !atomic_compare_exchange_strong(guard, &free, GUARD_LEFT);
       free = GUARD_FREE) {
    emscripten_futex_wait(guard, GUARD_TAKEN, GUARD_MS);
  }
  if (call_abandon(state)) {
    return true;
  }
  a_dec(abandoned);
  return false;
}

struct left_call {
  atomic_int* state;
  atomic_int* guard;
};

// The caller, when it calls pthread_exit() in what it runs meanwhile.
static void leave_call(void* arg) {
  struct left_call* call = arg;
  abandon(call->state, call->guard);
}

// The caller. Whether the call was run to its end. It can be cancelled
// meanwhile, and run calls of the page's, only where there is a guard.
static bool
wait_for_end(atomic_int* state, enum deputy_sent sent, atomic_int* guard) {
  bool is_cancellable = guard;
  if (!emscripten_is_main_runtime_thread()) {
    look(state, sent == DEPUTY_WOKEN);
  }
  if (call_sleep(state)) {
    struct deputy_wait outer =
      _emscripten_deputy_begin_wait(DEPUTY_CALL_PROXY, state);
    pthread_t self = __pthread_self();
    _emscripten_deputy_notes(self)->wait.is_long = is_cancellable;
    int cancelstate = self->canceldisable;
    self->canceldisable = is_cancellable && !cancelstate && is_on_own_stack()
                            ? PTHREAD_CANCEL_MASKED
                            : PTHREAD_CANCEL_DISABLE;
    struct left_call left = {state, guard};
    struct __ptcb handler;
    if (is_cancellable) {
      _pthread_cleanup_push(&handler, leave_call, &left);
    }
    while (atomic_load(state) == CALL_SLEEPING) {
      // Of one that has come before, a wait in between may have taken the wake.
      int error = _emscripten_deputy_cancelled();
      if (!error) {
        error = emscripten_futex_wait(state, CALL_SLEEPING, INFINITY);
      }
      if (error == -ECANCELED && abandon(state, guard)) {
        self->canceldisable = cancelstate;
        _pthread_cleanup_pop(&handler, 0);
        pthread_exit(PTHREAD_CANCELED);
      }
    }
    if (is_cancellable) {
      _pthread_cleanup_pop(&handler, 0);
    }
    self->canceldisable = cancelstate;
    _emscripten_deputy_end_wait(outer);
  }
  return atomic_load(state) == CALL_DONE;
}

// Returns what it was.
static int end_call(atomic_int* state, int how) {
  int was = call_end(state, how);
  if (was == CALL_SLEEPING) {
    emscripten_futex_wake(state, 1);
  } else if (was == CALL_PENDING) {
    _emscripten_deputy_notes(__pthread_self())->is_awaited = true;
  }
  return was;
}

struct call {
  void (*func)(void*);
  void* arg;
  atomic_int state;
};

static void run_call(void* arg) {
  struct call* call = arg;
  call->func(call->arg);
  end_call(&call->state, CALL_DONE);
}

static void cancel_call(void* arg) {
  end_call(&((struct call*)arg)->state, CALL_CANCELED);
}

bool emscripten_proxy_sync(em_proxying_queue* queue,
                           pthread_t thread,
                           void (*func)(void*),
                           void* arg) {
  assert(thread != pthread_self());
  struct call call = {func, arg, CALL_PENDING};
  enum deputy_sent sent =
    send_task(queue, thread, (task){run_call, cancel_call, &call});
  return sent && wait_for_end(&call.state, sent, NULL);
}

// ---- Batches ----------------------------------------------------------------

// So many calls are sent together.
#define BATCH_SIZE 1024

// Of the thread that has begun it. While `state` says that it is sent, the UI
// thread has the rest.
struct batch {
  // Of emscripten_deputy_batch_begin() without an end.
  int depth;
  int count;
  int next;
  int errors;
  atomic_int state;
  task tasks[BATCH_SIZE];
};

static void run_batch(void* arg) {
  struct batch* batch = arg;
  while (batch->next < batch->count) {
    task* t = &batch->tasks[batch->next++];
    t->func(t->arg);
  }
  end_call(&batch->state, CALL_DONE);
}

// UI thread: one of its calls has thrown. The rest comes next.
static void go_on(void* arg) {
  struct batch* batch = arg;
  batch->errors++;
  if (!send_to_mailbox(pthread_self(), (task){run_batch, go_on, batch})) {
    end_call(&batch->state, CALL_CANCELED);
  }
}

static void flush(struct batch* batch) {
  if (!batch->count) {
    return;
  }
  batch->next = 0;
  batch->state = CALL_PENDING;
  enum deputy_sent sent = send_to_mailbox(emscripten_main_runtime_thread_id(),
                                          (task){run_batch, go_on, batch});
  if (!sent || !wait_for_end(&batch->state, sent, NULL)) {
    batch->errors += batch->count - batch->next;
  }
  batch->count = 0;
}

static void gather(struct batch* batch, task t) {
  if (batch->count == BATCH_SIZE) {
    flush(batch);
  }
  batch->tasks[batch->count++] = t;
}

void emscripten_deputy_batch_begin(void) {
  if (emscripten_is_main_runtime_thread()) {
    return;
  }
  struct batch** own = &_emscripten_deputy_notes(__pthread_self())->batch;
  if (!*own) {
    *own = malloc(sizeof(struct batch));
    if (!*own) {
      return;
    }
    (*own)->depth = (*own)->count = (*own)->errors = 0;
  }
  (*own)->depth++;
}

// How many of its calls have thrown.
static int end_batch(struct batch* batch) {
  flush(batch);
  int errors = batch->errors;
  _emscripten_deputy_notes(__pthread_self())->batch = NULL;
  free(batch);
  return errors;
}

int emscripten_deputy_batch_end(void) {
  struct batch* batch = _emscripten_deputy_notes(__pthread_self())->batch;
  return batch && !--batch->depth ? end_batch(batch) : 0;
}

void _emscripten_deputy_leave_batch(void) {
  struct batch* batch = _emscripten_deputy_notes(__pthread_self())->batch;
  if (batch) {
    end_batch(batch);
  }
}

// ---- Calls that end later than their function -------------------------------

struct em_proxying_ctx {
  void (*func)(em_proxying_ctx*, void*);
  void* arg;
  // Of those that the thread has begun (deputy_notes.begun).
  em_proxying_ctx* next;
  em_proxying_ctx** link;
  // Null: the caller waits on `state`. Else `callback` or `cancel`, which may
  // be null, is sent to it by this queue.
  em_proxying_queue* queue;
  atomic_int state;
  atomic_int guard;
  pthread_t caller;
  void (*callback)(void*);
  void (*cancel)(void*);
};

// Known to libdeputy_wait.js.
_Static_assert(offsetof(em_proxying_ctx, guard) == 5 * sizeof(void*) + 4, "");

static void begin(em_proxying_ctx* ctx) {
  em_proxying_ctx** first = &_emscripten_deputy_notes(pthread_self())->begun;
  ctx->next = *first;
  ctx->link = first;
  if (ctx->next) {
    ctx->next->link = &ctx->next;
  }
  *first = ctx;
}

static void end(em_proxying_ctx* ctx) {
  *ctx->link = ctx->next;
  if (ctx->next) {
    ctx->next->link = ctx->link;
  }
}

static void run_callback(void* arg) {
  em_proxying_ctx* ctx = arg;
  ctx->callback(ctx->arg);
  free(ctx);
}

static void run_cancel(void* arg) {
  em_proxying_ctx* ctx = arg;
  ctx->cancel(ctx->arg);
  free(ctx);
}

// Frees `ctx` even if the caller has ended.
static void answer(em_proxying_ctx* ctx, void (*func)(void*)) {
  if (!send_task(ctx->queue, ctx->caller, (task){func, free, ctx})) {
    free(ctx);
  }
}

static void end_sync_ctx(em_proxying_ctx* ctx, int how) {
  pthread_t caller = ctx->caller;
  if (end_call(&ctx->state, how) == CALL_ABANDONED) {
    _emscripten_thread_cleanup(caller);
  }
}

static void cancel_ctx(void* arg) {
  em_proxying_ctx* ctx = arg;
  if (!ctx->queue) {
    end_sync_ctx(ctx, CALL_CANCELED);
  } else if (ctx->cancel) {
    answer(ctx, run_cancel);
  } else {
    free(ctx);
  }
}

static void run_ctx(void* arg) {
  em_proxying_ctx* ctx = arg;
  // From here on it ends by emscripten_proxy_finish(), or with the thread.
  _emscripten_deputy_notes(pthread_self())->task->cancel = NULL;
  begin(ctx);
  ctx->func(ctx, ctx->arg);
}

// The thread that it was sent to.
void emscripten_proxy_finish(em_proxying_ctx* ctx) {
  end(ctx);
  if (ctx->queue) {
    answer(ctx, run_callback);
  } else {
    end_sync_ctx(ctx, CALL_DONE);
  }
}

void _emscripten_deputy_cancel_calls(pthread_t thread) {
  struct deputy_notes* notes = _emscripten_deputy_notes(thread);
  while (notes->begun) {
    em_proxying_ctx* ctx = notes->begun;
    end(ctx);
    cancel_ctx(ctx);
  }
}

static bool sync_with_ctx(em_proxying_queue* queue,
                          pthread_t thread,
                          void (*func)(em_proxying_ctx*, void*),
                          void* arg,
                          bool is_cancellable) {
  assert(thread != pthread_self());
  em_proxying_ctx ctx = {
    .func = func, .arg = arg, .caller = pthread_self(), .state = CALL_PENDING};
  enum deputy_sent sent =
    send_task(queue, thread, (task){run_ctx, cancel_ctx, &ctx});
  return sent &&
         wait_for_end(&ctx.state, sent, is_cancellable ? &ctx.guard : NULL);
}

bool emscripten_proxy_sync_with_ctx(em_proxying_queue* queue,
                                    pthread_t thread,
                                    void (*func)(em_proxying_ctx*, void*),
                                    void* arg) {
  return sync_with_ctx(queue, thread, func, arg, false);
}

// `ctx` is at the start of what was allocated for it.
static bool send_with_callback(em_proxying_ctx* ctx,
                               em_proxying_queue* queue,
                               pthread_t thread,
                               void (*func)(em_proxying_ctx*, void*),
                               void (*callback)(void*),
                               void (*cancel)(void*),
                               void* arg) {
  *ctx = (em_proxying_ctx){.func = func,
                           .arg = arg,
                           .queue = queue,
                           .caller = pthread_self(),
                           .callback = callback,
                           .cancel = cancel};
  if (!send_task(queue, thread, (task){run_ctx, cancel_ctx, ctx})) {
    free(ctx);
    return false;
  }
  return true;
}

bool emscripten_proxy_callback_with_ctx(em_proxying_queue* queue,
                                        pthread_t thread,
                                        void (*func)(em_proxying_ctx*, void*),
                                        void (*callback)(void*),
                                        void (*cancel)(void*),
                                        void* arg) {
  em_proxying_ctx* ctx = malloc(sizeof(*ctx));
  return ctx &&
         send_with_callback(ctx, queue, thread, func, callback, cancel, arg);
}

// One whose function is all of it.
struct whole_call {
  em_proxying_ctx ctx;
  void (*func)(void*);
  void (*callback)(void*);
  void (*cancel)(void*);
  void* arg;
};

static void run_whole(em_proxying_ctx* ctx, void* arg) {
  struct whole_call* call = arg;
  call->func(call->arg);
  emscripten_proxy_finish(ctx);
}

static void whole_callback(void* arg) {
  struct whole_call* call = arg;
  call->callback(call->arg);
}

static void whole_cancel(void* arg) {
  struct whole_call* call = arg;
  call->cancel(call->arg);
}

bool emscripten_proxy_callback(em_proxying_queue* queue,
                               pthread_t thread,
                               void (*func)(void*),
                               void (*callback)(void*),
                               void (*cancel)(void*),
                               void* arg) {
  struct whole_call* call = malloc(sizeof(*call));
  if (!call) {
    return false;
  }
  call->func = func;
  call->callback = callback;
  call->cancel = cancel;
  call->arg = arg;
  return send_with_callback(&call->ctx,
                            queue,
                            thread,
                            run_whole,
                            whole_callback,
                            cancel ? whole_cancel : NULL,
                            call);
}

// ---- Promises ---------------------------------------------------------------

struct promised_call {
  em_proxying_ctx ctx;
  // One of the two.
  void (*func)(void*);
  void (*func_with_ctx)(em_proxying_ctx*, void*);
  void* arg;
  em_promise_t promise;
};

static void run_promised(em_proxying_ctx* ctx, void* arg) {
  struct promised_call* call = arg;
  if (call->func_with_ctx) {
    call->func_with_ctx(ctx, call->arg);
  } else {
    call->func(call->arg);
    emscripten_proxy_finish(ctx);
  }
}

static void settle(void* arg, em_promise_result_t how) {
  struct promised_call* call = arg;
  emscripten_promise_resolve(call->promise, how, NULL);
  emscripten_promise_destroy(call->promise);
}

static void fulfill(void* arg) { settle(arg, EM_PROMISE_FULFILL); }

static void reject(void* arg) { settle(arg, EM_PROMISE_REJECT); }

static em_promise_t promise(em_proxying_queue* queue,
                            pthread_t thread,
                            void (*func)(void*),
                            void (*func_with_ctx)(em_proxying_ctx*, void*),
                            void* arg) {
  em_promise_t result = emscripten_promise_create();
  struct promised_call* call = malloc(sizeof(*call));
  if (!call) {
    emscripten_promise_resolve(result, EM_PROMISE_REJECT, NULL);
    return result;
  }
  call->func = func;
  call->func_with_ctx = func_with_ctx;
  call->arg = arg;
  // Two: the caller may destroy its own before the call ends.
  em_promise_t own = emscripten_promise_create();
  call->promise = own;
  if (!send_with_callback(
        &call->ctx, queue, thread, run_promised, fulfill, reject, call)) {
    emscripten_promise_resolve(result, EM_PROMISE_REJECT, NULL);
    emscripten_promise_destroy(own);
    return result;
  }
  emscripten_promise_resolve(result, EM_PROMISE_MATCH, own);
  return result;
}

em_promise_t emscripten_proxy_promise_with_ctx(em_proxying_queue* queue,
                                               pthread_t thread,
                                               void (*func)(em_proxying_ctx*,
                                                            void*),
                                               void* arg) {
  return promise(queue, thread, NULL, func, arg);
}

em_promise_t emscripten_proxy_promise(em_proxying_queue* queue,
                                      pthread_t thread,
                                      void (*func)(void*),
                                      void* arg) {
  return promise(queue, thread, func, NULL, arg);
}

// ---- JavaScript on the UI thread: `__proxy`, MAIN_THREAD_EM_ASM -------------

// Of the code that jsifier.mjs generates.
enum { PROXY_ASYNC, PROXY_SYNC, PROXY_SYNC_ASYNC };

struct js_call {
  int func;
  void* em_asm;
  pthread_t caller;
  int size;
  double* args;
  double result;
  // Whether the caller catches what it throws, and that, from malloc.
  bool is_caught;
  char* error;
};

static double
receive(struct js_call* call, em_proxying_ctx* ctx, bool is_awaited) {
  return _emscripten_receive_on_main_thread_js(call->func,
                                               call->em_asm,
                                               call->caller,
                                               call->size,
                                               call->args,
                                               ctx,
                                               is_awaited ? call : NULL);
}

static void run_js(void* arg) {
  struct js_call* call = arg;
  call->result = receive(call, NULL, true);
}

static void run_js_and_free(void* arg) {
  receive(arg, NULL, false);
  free(arg);
}

static void run_js_with_ctx(em_proxying_ctx* ctx, void* arg) {
  receive(arg, ctx, true);
}

// Called by libdeputy_wait.js (UI thread), in the call or before its end: what
// it has thrown. False: the caller does not catch it.
bool _emscripten_deputy_set_error(void* arg, char* error) {
  struct js_call* call = arg;
  if (call->is_caught) {
    call->error = error;
  }
  return call->is_caught;
}

// The caller. Of several errors the first is kept.
static double end_js(struct js_call* call) {
  if (call->error) {
    char** where = _emscripten_deputy_notes(__pthread_self())->js_error;
    if (*where) {
      free(call->error);
    } else {
      *where = call->error;
    }
    return 0;
  }
  return call->result;
}

// Called by emscripten/deputy.hpp. Any thread.
char** _emscripten_deputy_catch_js_errors(char** where) {
  char*** current = &_emscripten_deputy_notes(__pthread_self())->js_error;
  char** outer = *current;
  *current = where;
  return outer;
}

void _emscripten_run_js_on_main_thread_done(void* ctx,
                                            void* arg,
                                            double result) {
  struct js_call* call = arg;
  call->result = result;
  emscripten_proxy_finish(ctx);
}

// In libdeputy_proxy.js. Whether a proxied function is poll().
bool _emscripten_deputy_is_poll_js(int func);

// Its arguments are tagged, `size` bytes. Returns 0 where nothing was returned.
double _emscripten_run_js_on_main_thread(
  int func, void* em_asm, int size, double* args, int mode) {
  pthread_t ui = emscripten_main_runtime_thread_id();
  struct js_call call = {func, em_asm, pthread_self(), size, args};
  call.is_caught = _emscripten_deputy_notes(__pthread_self())->js_error;
  switch (mode) {
    case PROXY_SYNC:
      emscripten_proxy_sync(&system_queue, ui, run_js, &call);
      return end_js(&call);
    case PROXY_SYNC_ASYNC:
      // Whoever calls another expects that nothing else runs on its thread, and
      // that it goes on: dlsym() holds a lock.
      sync_with_ctx(&system_queue,
                    ui,
                    run_js_with_ctx,
                    &call,
                    _emscripten_deputy_is_poll_js(func));
      return end_js(&call);
  }
  // Nobody waits, so it must not lie here.
  struct js_call* copy = malloc(sizeof(call) + size);
  if (copy) {
    *copy = call;
    copy->args = (double*)(copy + 1);
    memcpy(copy->args, args, size);
    if (emscripten_proxy_async(&system_queue, ui, run_js_and_free, copy)) {
      return 0;
    }
    free(copy);
  }
  emscripten_err("out of memory: a call of the UI thread is lost");
  abort();
}
