/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * The deputy thread: in a program linked with -sDEPUTY_THREAD, the one pthread
 * that runs main() while the page's own thread, the UI thread, stays at its
 * event loop. C declarations come first, C++ below them.
 *
 * Linking a program that uses this header without -sDEPUTY_THREAD fails with an
 * undefined symbol.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

// Returns the deputy: a target for emscripten_proxy_sync(), pthread_kill() and
// the like. It is detached, so it can't be joined; `Module.deputy.exited` tells
// the page when the program is over.
//
// Any thread; never waits. NULL before the deputy runs, as in the runtime's own
// static constructors and in `Module.preRun`, and after main() ended it by
// pthread_exit() or a cancellation.
//
//   emscripten_proxy_async(queue, emscripten_deputy_thread(), redraw, scene);
pthread_t emscripten_deputy_thread(void);

// Whether the calling thread is the deputy.
//
// Any thread; never waits. False on the UI thread.
//
//   assert(emscripten_is_deputy_thread() && "call load_level() from main()");
bool emscripten_is_deputy_thread(void);

// ---- Calls of the page's ----------------------------------------------------
//
// What page JavaScript calls in C (Module._f(), ccall(), cwrap(),
// Module.deputy.call()) runs on the deputy when that is at its event loop, and
// the page gets a Promise. A main() that does not return, or a callback that
// takes long, runs them where it says so, by the functions here; never while it
// waits for a lock. With -sDEPUTY_CALL_THREADS=N they run on N threads of their
// own, and it need not. See docs/calls.md.
//
// The thread that serves calls, and outside of one; elsewhere these do nothing
// but what is said of them.

// Runs what the page has called, and what other threads have sent to the
// thread, and returns how many calls of the page's there were. Never waits.
// Returns 0 on other threads, and in the middle of a call: it runs no other
// inside of one.
//
//   while (!is_done) { simulate(); emscripten_deputy_poll(); }
int emscripten_deputy_poll(void);

// The same, and waits for up to `ms` milliseconds until there was a call
// (INFINITY: without limit). Where calls are not served it sleeps for as long,
// and returns 0.
//
//   while (!is_done) emscripten_deputy_wait(INFINITY);
int emscripten_deputy_wait(double ms);

// Whether sleep(), usleep(), nanosleep(), poll(), select(), pthread_cond_wait()
// and pthread_cond_timedwait() run calls of the page's meanwhile, at once or
// within 10 ms. They do not, from the start on: the program may not expect it.
// What is called then sees the program as another thread would in such a wait:
// the mutex of a condition is free, and its wait ends, after the call, by a
// spurious wake. Returns what it was. False on other threads.
//
//   emscripten_deputy_set_alertable(true); // no state of ours is half done
//   when we sleep
bool emscripten_deputy_set_alertable(bool is_alertable);

// In a call of the page's: whether the page does not want it any more, by an
// AbortSignal. Its Promise is rejected already; what it returns is dropped.
//
//   for (int i = 0; i < n && !emscripten_deputy_call_is_aborted(); i++)
//   step(i);
bool emscripten_deputy_call_is_aborted(void);

// ---- Events of the page's ---------------------------------------------------
//
// A callback of html5.h that was registered for the deputy (by it, or by the
// functions that end in _on_thread) runs there later, at its event loop or
// where it sleeps or polls. When it returns, the page has long done with the
// event: so what it returns can't stop what the browser does by default, and
// the page does not wait for it. What is to become of the event is said
// beforehand, here.
//
// The page sends the deputy its events without a lock and without malloc(), in
// order, also with calls of the page's. At most 256 of each callback wait;
// those that come beyond that are lost, which is said once on stderr. After
// emscripten_html5_remove_event_listener() has returned on the deputy no event
// comes any more, also none that waited.

// The page, without asking, for all events of a type at a target:
// event.preventDefault(), as a callback's `true` would on the UI thread.
#define EMSCRIPTEN_DEPUTY_EVENT_PREVENT_DEFAULT 1
// event.stopPropagation(): elements around the target don't get it.
#define EMSCRIPTEN_DEPUTY_EVENT_STOP_PROPAGATION 2
// For "beforeunload" of the window alone: the browser asks the user whether to
// leave the page. (It does so only when they have touched it.)
#define EMSCRIPTEN_DEPUTY_EVENT_STAY 4
// The callback on the deputy gets the latest of those that it has not taken
// yet, in the latest's place among others, and none is lost; with the sum of
// what the mouse has moved, and the wheel. For "mousemove", "pointermove",
// "touchmove", "wheel", "resize", "scroll", "deviceorientation" and
// "devicemotion".
#define EMSCRIPTEN_DEPUTY_EVENT_COALESCE 8

// Sets what the page does with events of `type`, as addEventListener() names
// it, that come to `target`, a CSS selector or EMSCRIPTEN_EVENT_TARGET_WINDOW
// or the like, as in html5.h. It need not have a callback, and one may come
// before or after. `flags` are those above, or 0 for none; they take the place
// of what was set before. A listener for "wheel", "touchstart" or "touchmove"
// that may prevent the default makes the browser wait for the page before it
// scrolls.
//
// Any thread; others than the UI thread wait for that. Returns
// EMSCRIPTEN_RESULT_SUCCESS, _UNKNOWN_TARGET when there is no such element (or,
// as in Node.js, no page), or _INVALID_PARAM: no type, other flags, or one that
// is not for that type.
//
//   // Arrow keys move the player, and don't scroll.
//   emscripten_set_keydown_callback("#canvas", &game, false, on_key);
//   emscripten_deputy_event_policy(
//     "#canvas", "keydown", EMSCRIPTEN_DEPUTY_EVENT_PREVENT_DEFAULT);
int emscripten_deputy_event_policy(const char* target,
                                   const char* type,
                                   int flags);

// ---- The pool of workers ----------------------------------------------------
//
// Each pthread runs on a worker. Idle workers are kept loaded, so that
// pthread_create() hands a thread to one of them through shared memory, without
// the UI thread, which only starts and ends workers. When none is idle the
// thread is queued, in order, and runs on the first worker that is free or has
// loaded.
//
// pthread_create() fails with EAGAIN when the limit is reached
// (PTHREAD_POOL_SIZE_MAX threads are alive), when there is no memory for the
// thread's block, and when workers can't be had (the script does not load, or
// the engine refuses): then after a report, beyond those that are there.
//
// A thread that dies of a trap or an uncaught exception, whose worker dies, or
// for which no worker could be had, has ended: pthread_join() returns 0 and its
// result is PTHREAD_CANCELED; robust mutexes that it held are handed on with
// EOWNERDEAD.
//
// Any thread may call these functions; only emscripten_deputy_pool_reserve()
// waits. `Module.deputy.pool` has the same for JavaScript.

// Returns the number of workers: loading, idle, or with a thread.
int emscripten_deputy_pool_size(void);

// Returns the number of workers that have loaded and wait for a thread.
int emscripten_deputy_pool_idle(void);

// Returns the number of threads that wait for a worker.
int emscripten_deputy_pool_queued(void);

// Returns the number of threads that were created and have not ended, the
// deputy included.
int emscripten_deputy_pool_live(void);

// Returns PTHREAD_POOL_SPARE, PTHREAD_POOL_SIZE_MAX and
// PTHREAD_POOL_IDLE_TIMEOUT as they are now. See settings_deputy.js for what
// they mean.
int emscripten_deputy_pool_spare(void);
int emscripten_deputy_pool_max(void);
int emscripten_deputy_pool_idle_timeout(void);

// Change what PTHREAD_POOL_SIZE (the least number of workers),
// PTHREAD_POOL_SPARE, PTHREAD_POOL_SIZE_MAX and PTHREAD_POOL_IDLE_TIMEOUT
// (milliseconds, 0 keeps idle workers) say. Workers that are missing are
// started at once; those that are too many leave after
// PTHREAD_POOL_IDLE_TIMEOUT. Threads that are alive stay.
//
// Return 0, or EINVAL: less than 0 (a limit: than 1), or more than 512 workers,
// which is what engines allow.
//
//   emscripten_deputy_pool_set_spare(8); // before a phase with many short
//   threads
int emscripten_deputy_pool_set_size(int workers);
int emscripten_deputy_pool_set_spare(int workers);
int emscripten_deputy_pool_set_max(int workers);
int emscripten_deputy_pool_set_idle_timeout(int ms);

// Waits until workers have loaded for `threads` more threads than are alive, so
// that they start without a wait. They stay for PTHREAD_POOL_IDLE_TIMEOUT at
// least.
//
// Returns 0; EINVAL when `threads` is negative; EAGAIN when
// PTHREAD_POOL_SIZE_MAX does not allow them or workers can't be had; EDEADLK on
// the UI thread, which starts workers and so can't wait for them: JavaScript
// awaits Module.deputy.pool.reserve().
//
//   if (emscripten_deputy_pool_reserve(16) == 0) start_renderer(16);
int emscripten_deputy_pool_reserve(int threads);

// ---- Batches ----------------------------------------------------------------
//
// Between the two, what the calling thread sends the UI thread without waiting
// for it is gathered, and goes there together: MAIN_THREAD_ASYNC_EM_ASM,
// functions of JavaScript libraries with `__proxy: 'async'`, WebGL's functions
// that return nothing, emscripten_proxy_async() by the system queue, and what
// is printed. One wake, instead of one for each. Order is kept: a call that
// waits for its answer sends what there is first, and so do 1024 calls.
//
// Any thread; without effect on the UI thread, where calls are made at once,
// and where there is no memory for it. Batches may be nested: the outermost
// counts. A thread must not end within one: what was gathered is lost.
//
//   emscripten_deputy_batch_begin();
//   for (const Sprite* s = first; s; s = s->next)
//     MAIN_THREAD_ASYNC_EM_ASM({ view.drawImage(atlas, $0, $1); }, s->x, s->y);
//   int errors = emscripten_deputy_batch_end();
void emscripten_deputy_batch_begin(void);

// Waits until the calls were made, and returns how many of them threw. What
// they threw is reported as an uncaught error of the page's; the others were
// made all the same. 0 where an outer batch goes on.
int emscripten_deputy_batch_end(void);

// ---- Waits of the UI thread -------------------------------------------------
//
// C code that runs on the UI thread, because the page called it, may come to
// wait: for a lock, a thread, a condition. The UI thread can't sleep; while it
// waits it runs what other threads ask of it, and the page stands still. See
// UI_THREAD_WAIT in settings_deputy.js for how long it may, and
// docs/blocking.md for how to do without.
//
// Figures since the start, of the UI thread's waits. Any thread; never waits.
// `Module.deputy.stats()` has the same for JavaScript.

typedef struct emscripten_deputy_wait_stats_t {
  const char* call; // "pthread_join", or another; it is static
  unsigned count;
  double total_ms;
  double longest_ms;
} emscripten_deputy_wait_stats_t;

// Tells how the UI thread has waited in one of the calls that wait, which are
// numbered from 0. Returns 0, or EINVAL when there is no such call.
//
//   emscripten_deputy_wait_stats_t stats;
//   for (int i = 0; emscripten_deputy_wait_stats(i, &stats) == 0; i++)
//     printf("%s %u times\n", stats.call, stats.count);
int emscripten_deputy_wait_stats(int call,
                                 emscripten_deputy_wait_stats_t* stats);

// Returns how often it has run what other threads asked for, while it waited.
unsigned emscripten_deputy_calls_served(void);

// Returns the longest time, in milliseconds, for which it waited and the page
// stood still.
double emscripten_deputy_longest_stall(void);

#ifdef __cplusplus
} // extern "C"
#endif
