/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Creates and joins PAIRS threads, in SECONDS at most, then has eight threads
// create, join, detach, cancel and signal threads at random for SECONDS. In the
// end the pool is as large as the most threads that were alive at a time, and
// the spare; it shrinks to the spare; no thread and no memory is left.

#include <assert.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <emscripten/threading.h>
#include <malloc.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ROUND 2000
#define DRIVERS 8

static atomic_int ran, signals;
static double until;

static void on_signal(int number) { signals++; }

static void* run(void* arg) {
  ran++;
  return arg;
}

static void* run_until_cancelled(void* arg) {
  ran++;
  while (1)
    usleep(1000);
}

// What the program holds of malloc, in bytes.
static int held(void) { return mallinfo().uordblks; }

static pthread_t create(void* (*entry)(void*), void* arg) {
  pthread_t thread;
  int error = pthread_create(&thread, NULL, entry, arg);
  assert(error == 0);
  return thread;
}

static void wait_for_live(int threads) {
  for (int ms = 0; emscripten_deputy_pool_live() != threads; ms++) {
    assert(ms < 10000 && "threads are left");
    usleep(1000);
  }
}

// Ended blocks are freed by the next creation.
static void join_one(void) { pthread_join(create(run, NULL), NULL); }

// Returns how many there was time for.
static int pairs(int count) {
  int i = 0;
  for (; i < count && emscripten_get_now() < until; i++) {
    void* result;
    pthread_t thread = create(run, (void*)(long)i);
    assert(pthread_join(thread, &result) == 0);
    assert(result == (void*)(long)i);
  }
  return i;
}

static void* drive(void* seed) {
  unsigned state = (unsigned)(long)seed;
  while (emscripten_get_now() < until) {
    void* result;
    switch (rand_r(&state) / 7 % 6) {
      case 0:
      case 1:
        pthread_join(create(run, NULL), NULL);
        break;
      case 2: {
        pthread_t some[3];
        for (int i = 0; i < 3; i++)
          some[i] = create(run, NULL);
        for (int i = 2; i >= 0; i--)
          assert(pthread_join(some[i], NULL) == 0);
        break;
      }
      case 3:
        assert(pthread_detach(create(run, NULL)) == 0);
        break;
      case 4: {
        pthread_t thread = create(run_until_cancelled, NULL);
        assert(pthread_cancel(thread) == 0);
        assert(pthread_join(thread, &result) == 0);
        assert(result == PTHREAD_CANCELED);
        break;
      }
      case 5: {
        pthread_t thread = create(run, NULL);
        pthread_kill(thread, SIGUSR1);
        assert(pthread_join(thread, NULL) == 0);
        break;
      }
    }
  }
  return NULL;
}

// Returns what the program holds afterwards.
static int at_random(double seconds) {
  until = emscripten_get_now() + seconds * 1000;
  pthread_t drivers[DRIVERS];
  for (long i = 0; i < DRIVERS; i++)
    drivers[i] = create(drive, (void*)(i + 1));
  for (int i = 0; i < DRIVERS; i++)
    pthread_join(drivers[i], NULL);
  for (int i = 0; i < 2; i++) {
    wait_for_live(1);
    join_one();
  }
  return held();
}

int main(int argc, char** argv) {
  int count = atoi(argv[1]);
  double seconds = atof(argv[2]);
  int spare = emscripten_deputy_pool_spare();
  emscripten_deputy_pool_set_idle_timeout(0);
  signal(SIGUSR1, on_signal);

  until = INFINITY;
  pairs(ROUND);
  int before = held();
  double start = emscripten_get_now();
  until = start + seconds * 1000;
  count = pairs(count);
  double each = (emscripten_get_now() - start) * 1000 / count;
  printf("%d pairs: %.2f us each, %d workers, %d bytes more\n",
         count,
         each,
         emscripten_deputy_pool_size(),
         held() - before);
  assert(emscripten_deputy_pool_size() <= 2 + spare);
  assert(held() == before);

  // The first half leaves what it takes to have that many workers at all, and
  // proxying queues for their threads.
  int half = at_random(seconds / 2);
  int more = at_random(seconds / 2) - half;
  printf("%d threads, %d signals, %d workers, %d bytes more\n",
         ran,
         signals,
         emscripten_deputy_pool_size(),
         more);
  assert(more < 64 * 1024);

  emscripten_deputy_pool_set_idle_timeout(20);
  for (int ms = 0; emscripten_deputy_pool_size() > 1 + spare; ms++) {
    assert(ms < 10000 && "the pool does not shrink");
    usleep(1000);
  }
  wait_for_live(1);
  puts("done");
  return 0;
}
