/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// main() runs on the deputy, which may block for as long as it likes: the page
// that hosts it measures its own event loop meanwhile.

#include <assert.h>
#include <emscripten/deputy.h>
#include <emscripten/threading.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

static void* not_the_deputy(void* arg) {
  assert(!emscripten_is_deputy_thread());
  assert(emscripten_deputy_thread() == (pthread_t)arg);
  return NULL;
}

int main(int argc, char** argv) {
  assert(emscripten_is_deputy_thread());
  assert(emscripten_deputy_thread() == pthread_self());
  assert(!emscripten_is_main_runtime_thread());

  pthread_t thread;
  assert(pthread_create(&thread, NULL, not_the_deputy, pthread_self()) == 0);
  assert(pthread_join(thread, NULL) == 0);

  // Half a second asleep, then half a second in a condition variable.
  usleep(500 * 1000);
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += 500 * 1000 * 1000;
  until.tv_sec += until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  pthread_mutex_lock(&mutex);
  while (pthread_cond_timedwait(&never, &mutex, &until) == 0) {
  }
  pthread_mutex_unlock(&mutex);

  for (int i = 1; i < argc; i++) {
    printf("argument %d: %s\n", i, argv[i]);
  }
  printf("done\n");
  return 0;
}
