/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// A thread dies, in the way that argv[1] names, and the others go on: they join
// it, get the mutex that it held, and create more.

#include <assert.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#include <emscripten/threading.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t robust;
static const char* way;
static atomic_int has_locked;

static void* run(void* arg) { return arg; }

static void* join(void* thread) {
  void* result;
  assert(pthread_join((pthread_t)thread, &result) == 0);
  return result;
}

EMSCRIPTEN_KEEPALIVE void trap(void* arg) { __builtin_trap(); }

__attribute__((noinline)) static void nap(void) { emscripten_sleep(1); }

static void* die(void* arg) {
  assert(pthread_mutex_lock(&robust) == 0);
  has_locked = 1;
  if (!strcmp(way, "trap")) {
    __builtin_trap();
  }
  if (!strcmp(way, "trap_in_callback")) {
    emscripten_set_timeout(trap, 0, NULL);
    emscripten_exit_with_live_runtime();
  }
  if (!strcmp(way, "trap_in_timer")) {
    EM_ASM({ setTimeout(_trap); });
    emscripten_exit_with_live_runtime();
  }
  if (!strcmp(way, "trap_in_promise")) {
    EM_ASM({ Promise.resolve(0).then(_trap); });
    emscripten_exit_with_live_runtime();
  }
  if (!strcmp(way, "trap_on_the_way_to_sleep")) {
    nap();
  }
  if (!strcmp(way, "process_exit")) {
    EM_ASM({ process.exit(); });
  }
  // Somebody else ends its worker.
  pause();
  return NULL;
}

int main(int argc, char** argv) {
  way = argv[1];
  pthread_mutexattr_t attr;
  pthread_mutexattr_init(&attr);
  pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&robust, &attr);

  if (!strcmp(way, "terminate_deputy")) {
    MAIN_THREAD_ASYNC_EM_ASM({ PThread.pthreads[$0].terminate(); },
                             pthread_self());
    pause();
  }
  pthread_t thread, joiner;
  assert(pthread_create(&thread, NULL, die, NULL) == 0);
  // One waits already, on a thread of its own.
  assert(pthread_create(&joiner, NULL, join, (void*)thread) == 0);
  if (!strcmp(way, "terminate")) {
    while (!has_locked) {
      usleep(1000);
    }
    MAIN_THREAD_EM_ASM({ PThread.pthreads[$0].terminate(); }, thread);
  }
  assert(join(joiner) == PTHREAD_CANCELED);
  int error = pthread_mutex_lock(&robust);
  printf("%s\n", error == EOWNERDEAD ? "owner dead" : strerror(error));
  assert(pthread_mutex_consistent(&robust) == 0);
  assert(pthread_mutex_unlock(&robust) == 0);

  pthread_t threads[4];
  for (long i = 0; i < 4; i++) {
    assert(pthread_create(&threads[i], NULL, run, (void*)i) == 0);
  }
  for (long i = 0; i < 4; i++) {
    assert(join((void*)threads[i]) == (void*)i);
  }
  printf("%d alive\n", emscripten_deputy_pool_live());
  MAIN_THREAD_EM_ASM({ globalThis.isDone = true; });
  return 0;
}
