/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Many threads, few at a time: workers and memory stay as they are. argv[1]
// names a case.

#include <assert.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SPARE = 2 };

static int most_live, most_workers;

static void look(void) {
  int live = emscripten_deputy_pool_live();
  int workers = emscripten_deputy_pool_size();
  if (live > most_live) {
    most_live = live;
  }
  if (workers > most_workers) {
    most_workers = workers;
  }
}

static void* twice(void* arg) { return (void*)(2 * (long)arg); }

static void pairs(void) {
  for (long i = 0; i < 20000; i++) {
    pthread_t thread;
    void* result;
    assert(pthread_create(&thread, NULL, twice, (void*)i) == 0);
    look();
    assert(pthread_join(thread, &result) == 0);
    assert((long)result == 2 * i);
  }
  assert(most_live == 2);
}

static void eights(void) {
  for (long i = 0; i < 2000; i++) {
    pthread_t threads[8];
    for (long j = 0; j < 8; j++) {
      assert(pthread_create(&threads[j], NULL, twice, (void*)(i + j)) == 0);
    }
    look();
    // In an order that has nothing to do with theirs.
    for (long j = 0; j < 8; j++) {
      long k = (5 * j + i) % 8;
      void* result;
      assert(pthread_join(threads[k], &result) == 0);
      assert((long)result == 2 * (i + k));
    }
  }
  assert(most_live <= 9);
}

static atomic_int ended;

static void* count(void* arg) {
  ended++;
  return NULL;
}

// Waits until at most `live` threads are alive, 10 s at most.
static void wait_live(int live) {
  double end = emscripten_get_now() + 10000;
  while (emscripten_deputy_pool_live() > live) {
    assert(emscripten_get_now() < end);
    sched_yield();
  }
}

// Detached before the start, while it runs or is about to, after its end.
static void detached(void) {
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  for (int i = 0; i < 5000; i++) {
    int before = ended;
    int way = i % 3;
    pthread_t thread;
    assert(pthread_create(&thread, way ? NULL : &attr, count, NULL) == 0);
    look();
    if (way == 1) {
      assert(pthread_detach(thread) == 0);
    }
    wait_live(way == 2 ? 1 : 4);
    if (way == 2) {
      assert(ended > before);
      assert(pthread_detach(thread) == 0);
    }
  }
  wait_live(1);
  assert(ended == 5000);
}

int main(int argc, char** argv) {
  void (*run)(void) = !strcmp(argv[1], "pairs")    ? pairs
                      : !strcmp(argv[1], "eights") ? eights
                                                   : detached;
  pthread_t thread;
  // What is allocated once is there after the first thread.
  assert(emscripten_deputy_pool_reserve(1) == 0);
  assert(pthread_create(&thread, NULL, twice, NULL) == 0);
  assert(pthread_join(thread, NULL) == 0);
  size_t in_use = mallinfo().uordblks;
  void* end_of_heap = sbrk(0);
  double start = emscripten_get_now();

  run();

  double ms = emscripten_get_now() - start;
  // Creating one frees what detached ones have left.
  assert(pthread_create(&thread, NULL, twice, NULL) == 0);
  assert(pthread_join(thread, NULL) == 0);
  ptrdiff_t leaked = mallinfo().uordblks - in_use;
  printf("live %d, workers %d, leaked %td, heap grew by %td, %.0f ms\n",
         most_live,
         most_workers,
         leaked,
         (char*)sbrk(0) - (char*)end_of_heap,
         ms);
  assert(most_workers <= most_live + SPARE);
  // The idle stacks of workers that have come since, 1 KB each.
  assert(leaked <= (most_workers + 1) * 1100);
  assert((char*)sbrk(0) - (char*)end_of_heap <= 1 << 20);
  return 0;
}
