/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Starts the deputy and runs main() on it. The way of a start, from file to
 * file:
 *
 *   1. UI      callMain (upstream's postamble.js) calls _emscripten_proxy_main
 *   2. UI      _emscripten_proxy_main, here, creates the pthread
 *   3. deputy  deputy_entry, here, runs the program's static constructors, and
 *              tells the page
 *   4. UI      libdeputy.js settles Module.deputy.started, and calls
 *              Module.onRuntimeInitialized where the page has set it
 *   5. deputy  deputy_entry runs main(), when that has returned
 *   6. UI      libdeputy.js settles Module.deputy.exited
 *
 * This object takes the place of upstream's crt1_proxy_main.o.
 */

#include <atomic>

#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#include <emscripten/proxying.h>
#include <emscripten/stack.h>
#include <emscripten/threading.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "thread_life.h"
#include "ui_wait.h"

extern "C" {

// Made by the linker, and parted: see constructors.c.
void __wasm_call_ctors(void);

// In libdeputy.js.
bool _emscripten_deputy_page_waits_js(void);
void _emscripten_deputy_created_js(void);
void _emscripten_deputy_alive_js(void);
void _emscripten_deputy_constructors_js(void);
bool _emscripten_deputy_runs_main_js(void);
bool _emscripten_deputy_run_other_main_js(int argc,
                                          char** argv,
                                          char** envp,
                                          int* status);
void _emscripten_deputy_not_created_js(int error);
void _emscripten_deputy_started_js(void);
void _emscripten_deputy_idle_js(bool main_may_follow);
void _emscripten_deputy_main_follows_js(void);
void _emscripten_deputy_main_returned_js(int status);

// In call.cpp. Deputy: calls of the page's can be served, from its event loop
// on; and until another thread has set `flag`, for which the deputy waits.
void _emscripten_deputy_open_calls(void);
void _emscripten_deputy_serve_until(std::atomic<int>* flag);
void _emscripten_deputy_set_flag(pthread_t thread, std::atomic<int>* flag);

// The program's own main(), or its absence: clang names it __main_void or
// __main_argc_argv after its parameters.
__attribute__((weak)) int __main_argc_argv(int argc, char** argv);
__attribute__((weak)) int __main_void(void);

// ---- State ------------------------------------------------------------------

namespace {

// Written by the UI thread before the deputy exists, or before it is sent to
// run main(): pthread_create or the mailbox orders them.
int main_argc;
char** main_argv;

// Written by the UI thread before the deputy exists: the page has called
// something, with noInitialRun, and main() may come later.
bool is_main_put_off;

// The deputy, for the UI thread from its creation on, for all when it has
// begun; 0 when it has ended, in whatever way. seq_cst: the UI thread looks
// here after it has had blocks of threads held (thread_life.c), and the deputy
// is gone from here before anybody frees its block.
std::atomic<pthread_t> created{0};
std::atomic<pthread_t> deputy{0};
static_assert(sizeof(created) == sizeof(pthread_t), "pthread_create writes it");

// UI thread, while it uses the deputy's handle.
struct Held {
  const bool was_held = _emscripten_deputy_thread_hold(true);
  ~Held() { _emscripten_deputy_thread_hold(was_held); }
};

// Written once by the deputy: main() is next. Relaxed: the UI thread reads it
// when a message of the deputy's has come, which orders them.
std::atomic<bool> has_started{false};

// Set by the UI thread: before the deputy exists where no
// Module.onRuntimeInitialized is to come before main(), or when that has
// returned. What it has made, files for example, is there in main() then.
std::atomic<int> is_page_ready{0};

// Deputy, which stays at its event loop and serves, until the page calls main()
// or because there is none.
int serve(bool main_may_follow) {
  emscripten_runtime_keepalive_push();
  _emscripten_deputy_idle_js(main_may_follow);
  return 0;
}

} // namespace

pthread_t emscripten_deputy_thread(void) { return deputy; }

// The next thread may come to lie at the same address, and is not the deputy.
void _emscripten_deputy_ended(pthread_t thread) {
  for (std::atomic<pthread_t>* handle : {&deputy, &created}) {
    pthread_t expected = thread;
    handle->compare_exchange_strong(expected, 0);
  }
}

bool emscripten_is_deputy_thread(void) {
  pthread_t self = pthread_self();
  return self && self == emscripten_deputy_thread();
}

// ---- Deputy -----------------------------------------------------------------

// Deputy. Stands in for main(void) in a program that has none, or whose main()
// takes arguments.
int __main_void(void) {
  if (__main_argc_argv) {
    return __main_argc_argv(main_argc, main_argv);
  }
  int status;
  if (_emscripten_deputy_run_other_main_js(
        main_argc, main_argv, environ, &status)) {
    return status;
  }
  // No main() at all.
  return serve(false);
}

namespace {

// Deputy. What they wait for may need the UI thread.
void run_constructors() {
  __wasm_call_ctors();
  _emscripten_deputy_constructors_js();
}

// Deputy. Ends the program with main(), if nothing else runs.
int run_main() {
  int status = __main_void();
  if (!emscripten_runtime_keepalive_check()) {
    exit(status);
  }
  return status;
}

// Deputy, from its mailbox. What main() has left running ends the program.
void run_main_later(void*) {
  emscripten_runtime_keepalive_pop();
  _emscripten_deputy_main_returned_js(run_main());
}

// Deputy. Whatever main() blocks on, it blocks here and not on the UI thread.
void* deputy_entry(void*) {
  deputy = pthread_self();
  // Upstream's name for it, in --threadprofiler.
  emscripten_set_thread_name(pthread_self(), "Application main thread");
  _emscripten_deputy_alive_js();
  run_constructors();
  _emscripten_deputy_open_calls();
  has_started.store(true, std::memory_order_relaxed);
  _emscripten_deputy_started_js();
  _emscripten_deputy_serve_until(&is_page_ready);
  bool runs_main = !is_main_put_off && _emscripten_deputy_runs_main_js();
  int status = runs_main ? run_main() : serve(true);
  // main() left something running at the deputy's event loop. Its status stays
  // with the thread until nothing keeps the runtime alive ($maybeExit in
  // libdeputy.js).
  return reinterpret_cast<void*>(static_cast<intptr_t>(status));
}

} // namespace

// ---- UI thread --------------------------------------------------------------

bool _emscripten_deputy_has_started(void) {
  return has_started.load(std::memory_order_relaxed);
}

// Waits for nothing. Returns 0, or the errno of a deputy that could not be
// created, which libdeputy.js has then reported.
static int create_deputy() {
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  // main() gets the stack that it would have on the UI thread: STACK_SIZE.
  pthread_attr_setstacksize(
    &attr, emscripten_stack_get_base() - emscripten_stack_get_end());
  // Upstream's token for "the canvases of OFFSCREENCANVASES_TO_PTHREAD".
  emscripten_pthread_attr_settransferredcanvases(
    &attr, reinterpret_cast<const char*>(-1));

  is_page_ready = !_emscripten_deputy_page_waits_js();
  int error = pthread_create(
    reinterpret_cast<pthread_t*>(&created), &attr, deputy_entry, nullptr);
  pthread_attr_destroy(&attr);
  if (error) {
    _emscripten_deputy_not_created_js(error);
    return error;
  }
  _emscripten_deputy_created_js();
  return 0;
}

// UI thread. Module.onRuntimeInitialized has returned.
EMSCRIPTEN_KEEPALIVE void _emscripten_deputy_page_is_ready(void) {
  Held held;
  _emscripten_deputy_set_flag(created, &is_page_ready);
}

// UI thread. The program's entry point, called once with page arguments.
EMSCRIPTEN_KEEPALIVE int _emscripten_proxy_main(int argc, char** argv) {
  main_argc = argc;
  main_argv = argv;
  if (!is_main_put_off) {
    return create_deputy();
  }
  _emscripten_deputy_main_follows_js();
  Held held;
  pthread_t thread = created;
  return thread && emscripten_proxy_async(emscripten_proxy_get_system_queue(),
                                          thread,
                                          run_main_later,
                                          nullptr)
           ? 0
           : ESRCH;
}

// UI thread. The page calls something, and has not called main().
EMSCRIPTEN_KEEPALIVE int _emscripten_deputy_serve(void) {
  is_main_put_off = true;
  return create_deputy();
}

} // extern "C"
