/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Promising exports that the page's JavaScript calls, many at a time.
// test_jspi.py drives it.

#include <assert.h>
#include <emscripten/emscripten.h>
#include <emscripten/threading.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void test_pause(int ms);
void test_through_js(void);
void test_together(void);

// ---- Overlapping calls ------------------------------------------------------

// The sum of what lies in an array of its own after three pauses.
EMSCRIPTEN_KEEPALIVE int fill(int value, int ms) {
  unsigned char array[4096];
  memset(array, value, sizeof array);
  errno = value;
  for (int i = 0; i < 3; i++) {
    test_pause(ms);
    assert(errno == value);
  }
  int sum = 0;
  for (size_t i = 0; i < sizeof array; i++) {
    sum += array[i];
  }
  return sum;
}

EMSCRIPTEN_KEEPALIVE int fill_together(int value, int times) {
  unsigned char array[4096];
  memset(array, value, sizeof array);
  for (int i = 0; i < times; i++) {
    test_together();
  }
  return array[0] + array[4095];
}

// A plain call, which runs while others are suspended.
EMSCRIPTEN_KEEPALIVE int fill_plainly(int value) {
  volatile unsigned char array[4096];
  memset((void*)array, value, sizeof array);
  return array[4095];
}

EMSCRIPTEN_KEEPALIVE int overflow(int depth) {
  char array[1024];
  memset(array, depth, sizeof array);
  // So that the compiler does not make a loop of it.
  __asm__ volatile("" : : "r"(array) : "memory");
  if (depth) {
    return overflow(depth - 1) + array[0];
  }
  test_pause(1);
  return 0;
}

EMSCRIPTEN_KEEPALIVE int sleep_and_return(int ms) {
  emscripten_sleep(ms);
  return ms;
}

EMSCRIPTEN_KEEPALIVE void pause_and_trap(void) {
  test_pause(1);
  __builtin_trap();
}

EMSCRIPTEN_KEEPALIVE int pause_and_exit(int status) {
  test_pause(1);
  exit(status);
}

EMSCRIPTEN_KEEPALIVE int bytes_used(void) { return mallinfo().uordblks; }

// ---- Waits ------------------------------------------------------------------

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t recursive;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static sem_t sem;
static int turn;

static void* hold(void* ms) {
  pthread_mutex_lock(&mutex);
  sem_post(&sem);
  usleep((intptr_t)ms * 1000);
  turn++;
  pthread_cond_broadcast(&cond);
  pthread_mutex_unlock(&mutex);
  // Whoever joins it waits, too.
  usleep((intptr_t)ms * 1000);
  return NULL;
}

static pthread_t start(int ms) {
  pthread_t thread;
  assert(pthread_create(&thread, NULL, hold, (void*)(intptr_t)ms) == 0);
  return thread;
}

// Creates a thread on whatever the pool has, and waits for it in four ways.
EMSCRIPTEN_KEEPALIVE int create_and_join(int ms) {
  pthread_t thread = start(ms);
  sem_wait(&sem);
  pthread_mutex_lock(&mutex);
  int before = turn;
  pthread_mutex_unlock(&mutex);
  pthread_t other = start(ms);
  pthread_mutex_lock(&mutex);
  while (turn == before) {
    pthread_cond_wait(&cond, &mutex);
  }
  pthread_mutex_unlock(&mutex);
  sem_wait(&sem);
  assert(pthread_join(thread, NULL) == 0);
  assert(pthread_join(other, NULL) == 0);
  usleep(ms * 1000);
  return turn;
}

// Many waits that suspend.
EMSCRIPTEN_KEEPALIVE void sleep_often(int count) {
  for (int i = 0; i < count; i++) {
    usleep(1);
  }
}

static int inside;
static int entered;

// No two calls are in it at a time.
EMSCRIPTEN_KEEPALIVE void exclude(int is_file) {
  for (int i = 0; i < 2; i++) {
    if (is_file) {
      flockfile(stdout);
    } else {
      pthread_mutex_lock(&recursive);
    }
    assert(inside++ == i);
  }
  assert(inside == 2);
  test_pause(20);
  assert(inside == 2);
  inside = 0;
  entered++;
  for (int i = 0; i < 2; i++) {
    if (is_file) {
      funlockfile(stdout);
    } else {
      pthread_mutex_unlock(&recursive);
    }
  }
}

EMSCRIPTEN_KEEPALIVE int times_entered(void) { return entered; }

static void* wait_for_ms(void* ms) {
  usleep((intptr_t)ms * 1000);
  return NULL;
}

static atomic_int is_held, is_wanted;

static void* hold_until_wanted(void* ms) {
  pthread_mutex_lock(&mutex);
  is_held = 1;
  while (!is_wanted) {
    usleep(100);
  }
  usleep((intptr_t)ms * 1000);
  pthread_mutex_unlock(&mutex);
  return NULL;
}

// Plain. A thread has the mutex, and keeps it for `ms` when it is waited for.
EMSCRIPTEN_KEEPALIVE void hold_in_thread(int ms) {
  pthread_t thread;
  is_held = is_wanted = 0;
  assert(
    pthread_create(&thread, NULL, hold_until_wanted, (void*)(intptr_t)ms) == 0);
  assert(pthread_detach(thread) == 0);
}
EMSCRIPTEN_KEEPALIVE int thread_holds(void) { return is_held; }
EMSCRIPTEN_KEEPALIVE void wait_plainly(void) {
  is_wanted = 1;
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
}

// Promising.
EMSCRIPTEN_KEEPALIVE void wait_through_js(void) { test_through_js(); }

EMSCRIPTEN_KEEPALIVE void hold_and_pause(int ms) {
  pthread_mutex_lock(&mutex);
  test_pause(ms);
  pthread_mutex_unlock(&mutex);
}

EMSCRIPTEN_KEEPALIVE void lock_twice(void) {
  pthread_mutex_lock(&mutex);
  pthread_mutex_lock(&mutex);
}

EMSCRIPTEN_KEEPALIVE void join_for_ever(void) {
  pthread_t thread;
  assert(pthread_create(&thread, NULL, wait_for_ms, (void*)1000000) == 0);
  pthread_join(thread, NULL);
}

EMSCRIPTEN_KEEPALIVE void abort_program(void) { abort(); }

__attribute__((constructor)) static void init(void) {
  sem_init(&sem, 0, 0);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&recursive, &attributes);
}

int main(int argc, char** argv) {
  assert(sleep_and_return(1) == 1);
  // With calls of the page's, of which some end when it goes on.
  for (int i = 0; i < 50 && argc > 1; i++) {
    test_pause(i % 7);
    assert(fill_together(i, 1 + i % 3) == 2 * i);
  }
  emscripten_exit_with_live_runtime();
}
