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
// Any thread; never waits. NULL before the deputy runs, as in static
// constructors and in `Module.onRuntimeInitialized`, and after main() ended it
// by pthread_exit() or a cancellation.
//
//   emscripten_proxy_async(queue, emscripten_deputy_thread(), redraw, scene);
pthread_t emscripten_deputy_thread(void);

// Whether the calling thread is the deputy.
//
// Any thread; never waits. False on the UI thread.
//
//   assert(emscripten_is_deputy_thread() && "call load_level() from main()");
bool emscripten_is_deputy_thread(void);

#ifdef __cplusplus
} // extern "C"
#endif
