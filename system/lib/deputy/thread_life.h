/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * What files in C and in C++ call of each other. Only C can include musl's
 * pthread_impl.h, only C++ has the pool.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- In worker_pool.cpp

// Any thread; never waits. The index of a new thread, or -1 when
// PTHREAD_POOL_SIZE_MAX threads are alive.
int _emscripten_deputy_pool_admit(void);

// Any thread; never waits. The thread was not started after all.
void _emscripten_deputy_pool_dismiss(int index);

// Any thread; never waits. Names the thread of an index.
void _emscripten_deputy_pool_enter(int index,
                                   pthread_t thread,
                                   void* (*entry)(void*),
                                   void* arg);

// Any thread; never waits. Starts it on an idle worker, or on the next.
void _emscripten_deputy_pool_submit(int index);

// Not the UI thread. Waits for a thread to end, for a short time only.
void _emscripten_deputy_thread_spin(volatile int* detach_state, int expected);

// UI thread. Indices of threads are below this; the live thread of an index, or
// null; whether it waits for a worker.
int _emscripten_deputy_pool_used(void);
pthread_t _emscripten_deputy_pool_thread_at(int index);
bool _emscripten_deputy_pool_is_queued(int index);

// UI thread. The live thread of a tid, or null. Its block stays while the UI
// thread holds them (_emscripten_deputy_thread_hold).
pthread_t _emscripten_deputy_pool_thread_with(int tid);

// ---- In proxying.c

// UI thread. As emscripten_proxy_async(), on the system queue, to the live
// thread of a tid. False: there is none, or no memory.
bool _emscripten_deputy_proxy_to(int tid, void (*func)(void*), void* arg);

// ---- In thread_life.c

// UI thread. While it holds them, blocks of threads that it may have found
// alive stay. Returns whether it did before.
bool _emscripten_deputy_thread_hold(bool hold);

// Any thread. The thread has ended and its frames are gone: tells whoever joins
// it, or puts its block aside to be freed.
void _emscripten_deputy_thread_publish(pthread_t thread);

// UI thread. Ends a thread that was never started, or whose worker is gone.
void _emscripten_deputy_thread_end_for(pthread_t thread);

// Any thread, of itself: the frames with its cleanup handlers are left.
void _emscripten_deputy_forget_cleanup(void);

// Any thread. Whether messages wake a thread that is at its event loop through
// its block (Atomics.waitAsync), or through the UI thread (postMessage).
void _emscripten_deputy_thread_set_wait_async(int available);

#ifdef __cplusplus
}
#endif
