/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Code in an AudioWorklet, which can't sleep, waits for a lock of the deputy's.

#include <assert.h>
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#include <emscripten/webaudio.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_int waits, is_done;
static _Alignas(16) char stack[65536];

// AudioWorklet.
static void work(void) {
  waits = 1;
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
  struct timespec past = {0};
  waits = 2;
  while (waits == 2) {
  }
  assert(pthread_mutex_timedlock(&mutex, &past));
  is_done = 1;
}

static void is_started(EMSCRIPTEN_WEBAUDIO_T context, bool success, void* arg) {
  assert(success);
  emscripten_audio_worklet_post_function_v(context, work);
}

// UI thread.
EMSCRIPTEN_KEEPALIVE void start_audio(void) {
  emscripten_start_wasm_audio_worklet_thread_async(
    emscripten_create_audio_context(NULL),
    stack,
    sizeof(stack),
    is_started,
    NULL);
}

// Deputy, from its event loop.
static void look(void* arg) {
  if (waits == 1) {
    // Until it spins.
    usleep(20000);
    pthread_mutex_unlock(&mutex);
    while (waits != 2) {
      usleep(1000);
    }
    pthread_mutex_lock(&mutex);
    waits = 3;
  }
  if (is_done) {
    puts("done");
    exit(0);
  }
  emscripten_set_timeout(look, 1, NULL);
}

int main(void) {
  pthread_mutex_lock(&mutex);
  emscripten_set_timeout(look, 1, NULL);
  emscripten_exit_with_live_runtime();
}
