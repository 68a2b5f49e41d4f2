/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Threads and the page's calls at random, on the same locks: they print, lock,
// wait for each other, start and join threads, and have the UI thread call
// something. argv[1] is for how many seconds, argv[2] where to begin; exit() at
// the end comes in the middle of it all.

#include <assert.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <emscripten/proxying.h>
#include <emscripten/threading.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS = 4, LOCKS = 3 };

static pthread_mutex_t locks[LOCKS];
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static atomic_uint steps[2];
static em_proxying_queue* queue;

static uint32_t next(uint32_t* state) {
  // xorshift, Marsaglia 2003.
  *state ^= *state << 13;
  *state ^= *state >> 17;
  return *state ^= *state << 5;
}

static void* nothing(void* arg) { return arg; }

static void take_lock(void* lock) {
  pthread_mutex_lock(lock);
  pthread_mutex_unlock(lock);
}

static void* loop(void* seed) {
  uint32_t random = (uintptr_t)seed;
  for (;;) {
    pthread_mutex_t* lock = &locks[next(&random) % LOCKS];
    steps[0]++;
    switch (next(&random) % 8) {
      case 0:
        printf(".");
        break;
      case 1:
        pthread_mutex_lock(lock);
        usleep(next(&random) % 3000);
        // What needs the UI thread, which may wait for the lock.
        printf("\n");
        pthread_mutex_unlock(lock);
        break;
      case 2:
        pthread_rwlock_wrlock(&rwlock);
        usleep(next(&random) % 1000);
        pthread_rwlock_unlock(&rwlock);
        break;
      case 3: {
        pthread_t thread;
        assert(pthread_create(&thread, NULL, nothing, NULL) == 0);
        assert(pthread_join(thread, NULL) == 0);
        break;
      }
      case 4:
        assert(MAIN_THREAD_EM_ASM_INT({ return $0 + 1; }, 41) == 42);
        break;
      case 5:
        // The UI thread waits for a lock in a call.
        assert(emscripten_proxy_sync(
          queue, emscripten_main_runtime_thread_id(), take_lock, lock));
        break;
      case 6:
        free(malloc(next(&random) % 10000));
        break;
      default:
        usleep(next(&random) % 2000);
    }
  }
}

// The page.
EMSCRIPTEN_KEEPALIVE void step(uint32_t random) {
  pthread_mutex_t* lock = &locks[next(&random) % LOCKS];
  steps[1]++;
  switch (next(&random) % 5) {
    case 0:
      printf("p");
      break;
    case 1:
      take_lock(lock);
      break;
    case 2:
      pthread_rwlock_rdlock(&rwlock);
      pthread_rwlock_unlock(&rwlock);
      break;
    case 3: {
      if (!emscripten_deputy_pool_idle()) {
        break;
      }
      pthread_t thread;
      assert(pthread_create(&thread, NULL, nothing, NULL) == 0);
      assert(pthread_detach(thread) == 0);
      break;
    }
    default:
      free(malloc(next(&random) % 10000));
  }
}

int main(int argc, char** argv) {
  assert(argc == 3);
  queue = em_proxying_queue_create();
  for (int i = 0; i < LOCKS; i++) {
    pthread_mutex_init(&locks[i], NULL);
  }
  uint32_t seed = atoi(argv[2]);
  for (uintptr_t i = 1; i <= THREADS; i++) {
    pthread_t thread;
    assert(pthread_create(&thread, NULL, loop, (void*)(seed + i)) == 0);
    pthread_detach(thread);
  }
  usleep(atof(argv[1]) * 1e6);
  assert(steps[0] > 0 && steps[1] > 0);
  fprintf(stderr, "%u steps of threads, %u of the page\n", steps[0], steps[1]);
  exit(0);
}
