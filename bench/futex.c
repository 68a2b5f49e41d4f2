/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// A round trip between two threads that sleep and wake each other with nothing
// but a futex: what any hand-over between threads costs at least.

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "bench.h"

#ifdef __EMSCRIPTEN__
#include <emscripten/threading.h>
#include <math.h>
static void futex_wait(atomic_uint* word, uint32_t value) {
  emscripten_futex_wait(word, value, INFINITY);
}
static void futex_wake(atomic_uint* word) { emscripten_futex_wake(word, 1); }
#else
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
static void futex_wait(atomic_uint* word, uint32_t value) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}
static void futex_wake(atomic_uint* word) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}
#endif

enum { ANSWERED, ASKED, STOP };
static atomic_uint word;

static void hand_over(uint32_t value) {
  atomic_store(&word, value);
  futex_wake(&word);
}

static uint32_t wait_while(uint32_t value) {
  uint32_t seen;
  while ((seen = atomic_load(&word)) == value)
    futex_wait(&word, value);
  return seen;
}

static void* answer(void* arg) {
  while (wait_while(ANSWERED) != STOP)
    hand_over(ANSWERED);
  return arg;
}

static void round_trip(void) {
  hand_over(ASKED);
  wait_while(ASKED);
}

int main(int argc, char** argv) {
  bench_begin(argc, argv);
  pthread_t thread;
  if (pthread_create(&thread, NULL, answer, NULL))
    abort();
  bench_time("futex", round_trip, 1);
  hand_over(STOP);
  pthread_join(thread, NULL);
  return bench_end();
}
