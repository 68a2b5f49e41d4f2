/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// pthread_kill() and pthread_cancel(), of threads that block, that are at their
// event loop and that have ended; all on the same few workers.

#include <assert.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Waits for a state, 10 s at most.
#define AWAIT(condition)                                                       \
  for (double end = emscripten_get_now() + 10000; !(condition); usleep(1000))  \
  assert(emscripten_get_now() < end && #condition)

static atomic_int started, cleaned;
static pthread_t signalled;
static atomic_int signals;

static void handle(int signal) {
  signalled = pthread_self();
  signals++;
}

static void clean(void* arg) { cleaned++; }

static void unlock(void* mutex) { pthread_mutex_unlock(mutex); }

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static sem_t empty;

static void* wait_for_condition(void* arg) {
  pthread_cleanup_push(clean, NULL);
  pthread_mutex_lock(&mutex);
  pthread_cleanup_push(unlock, &mutex);
  started++;
  for (;;) {
    pthread_cond_wait(&never, &mutex);
  }
  pthread_cleanup_pop(1);
  pthread_cleanup_pop(1);
  return NULL;
}

static void* wait_for_semaphore(void* arg) {
  pthread_cleanup_push(clean, NULL);
  started++;
  for (;;) {
    sem_wait(&empty);
  }
  pthread_cleanup_pop(1);
  return NULL;
}

static void* wait_for_time(void* arg) {
  pthread_cleanup_push(clean, NULL);
  started++;
  for (;;) {
    sleep(1000);
  }
  pthread_cleanup_pop(1);
  return NULL;
}

static void* loop(void* arg) {
  started++;
  emscripten_exit_with_live_runtime();
}

static void* disabled(void* arg) {
  int old;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
  started++;
  AWAIT(!started);
  pthread_testcancel();
  return (void*)5;
}

static void* end(void* arg) {
  started++;
  return (void*)6;
}

static pthread_t start(void* (*entry)(void*)) {
  pthread_t thread;
  started = 0;
  assert(pthread_create(&thread, NULL, entry, NULL) == 0);
  AWAIT(started);
  return thread;
}

static void* join(pthread_t thread) {
  void* result;
  assert(pthread_join(thread, &result) == 0);
  return result;
}

static void cancel_blocked(void) {
  void* (*const entries[])(void*) = {
    wait_for_condition, wait_for_semaphore, wait_for_time};
  for (int i = 0; i < 3; i++) {
    cleaned = 0;
    pthread_t thread = start(entries[i]);
    assert(pthread_kill(thread, 0) == 0);
    assert(pthread_cancel(thread) == 0);
    assert(join(thread) == PTHREAD_CANCELED);
    assert(cleaned == 1);
  }
  // It left the mutex unlocked.
  assert(pthread_mutex_trylock(&mutex) == 0);
  assert(pthread_mutex_unlock(&mutex) == 0);
}

static void signal_and_cancel_at_event_loop(void) {
  pthread_t thread = start(loop);
  int before = signals;
  assert(pthread_kill(thread, SIGUSR1) == 0);
  AWAIT(signals == before + 1);
  assert(signalled == thread);
  assert(pthread_cancel(thread) == 0);
  assert(join(thread) == PTHREAD_CANCELED);
}

static void cancel_disabled(void) {
  pthread_t thread = start(disabled);
  assert(pthread_cancel(thread) == 0);
  started = 0;
  assert(join(thread) == (void*)5);
}

// The wake of a cancellation is taken by another wait, before the one that it
// is to end.
static void* poll_later(void* arg) {
  int old;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
  started++;
  AWAIT(!started);
  pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
  struct pollfd* end = malloc(sizeof(struct pollfd));
  *end = (struct pollfd){.fd = *(int*)arg, .events = POLLIN};
  pthread_cleanup_push(free, end);
  poll(end, 1, -1);
  pthread_cleanup_pop(1);
  return NULL;
}

static void cancel_before_poll(void) {
  int ends[2];
  pthread_t thread;
  assert(pipe(ends) == 0);
  started = 0;
  assert(pthread_create(&thread, NULL, poll_later, ends) == 0);
  AWAIT(started);
  assert(pthread_cancel(thread) == 0);
  // It sleeps meanwhile.
  usleep(20000);
  started = 0;
  assert(join(thread) == PTHREAD_CANCELED);
  // What it has freed is others'.
  struct pollfd* blocks[50];
  for (int i = 0; i < 50; i++) {
    blocks[i] = malloc(sizeof(struct pollfd));
    *blocks[i] = (struct pollfd){.fd = ends[0], .events = POLLIN};
  }
  assert(write(ends[1], "x", 1) == 1);
  for (int i = 0; i < 50; i++) {
    assert(blocks[i]->revents == 0);
    free(blocks[i]);
  }
  close(ends[0]);
  close(ends[1]);
}

// Its mailbox is closed by then.
static void sleep_at_the_end(void* arg) {
  // What was freed before gets other bytes.
  void* blocks[200];
  for (int i = 0; i < 200; i++) {
    blocks[i] = malloc(1 + 8 * (i % 60));
    memset(blocks[i], 0x55, 1 + 8 * (i % 60));
  }
  usleep(2000);
  emscripten_deputy_poll();
  for (int i = 0; i < 200; i++) {
    free(blocks[i]);
  }
  cleaned++;
}

static pthread_key_t key;

static void* sleep_in_handlers(void* arg) {
  pthread_setspecific(key, &key);
  pthread_cleanup_push(sleep_at_the_end, NULL);
  pthread_exit((void*)7);
  pthread_cleanup_pop(1);
  return NULL;
}

static void sleep_at_ends(void) {
  cleaned = 0;
  assert(pthread_key_create(&key, sleep_at_the_end) == 0);
  for (int i = 1; i <= 10; i++) {
    pthread_t thread;
    assert(pthread_create(&thread, NULL, sleep_in_handlers, NULL) == 0);
    assert(join(thread) == (void*)7);
    assert(cleaned == 2 * i);
  }
}

static void after_the_end(void) {
  pthread_t thread = start(end);
  AWAIT(emscripten_deputy_pool_live() == 1);
  int before = signals;
  // It can't be signalled any more, but is not unknown.
  assert(pthread_kill(thread, 0) == 0);
  assert(pthread_kill(thread, SIGUSR1) == 0);
  assert(pthread_cancel(thread) == 0);
  assert(pthread_kill(thread, 1000) == EINVAL);
  assert(join(thread) == (void*)6);
  assert(signals == before);
}

int main(void) {
  signal(SIGUSR1, handle);
  sem_init(&empty, 0, 0);
  for (int i = 0; i < 20; i++) {
    cancel_blocked();
    signal_and_cancel_at_event_loop();
    cancel_disabled();
    cancel_before_poll();
    after_the_end();
  }
  sleep_at_ends();
  // They came and went one by one.
  assert(emscripten_deputy_pool_size() <= 2 + emscripten_deputy_pool_spare());
  printf("%d signals\n", signals);
  return 0;
}
