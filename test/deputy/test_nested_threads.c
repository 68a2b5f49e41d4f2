/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// 64 threads, all alive at the same time, created by each other from an empty
// pool: a tree of creators, of which each joins its own children.

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum { LAST = 63 };

static pthread_barrier_t all_alive;
static atomic_int alive;

static void* node(void* arg) {
  long id = (long)arg;
  pthread_t children[2];
  int count = 0;
  atomic_fetch_add(&alive, 1);
  for (long child = 2 * id + 1; child <= 2 * id + 2; child++) {
    if (child <= LAST) {
      assert(pthread_create(&children[count++], NULL, node, (void*)child) == 0);
    }
  }
  pthread_barrier_wait(&all_alive);
  for (int i = 0; i < count; i++) {
    assert(pthread_join(children[i], NULL) == 0);
  }
  return NULL;
}

int main(void) {
  pthread_t root;
  pthread_barrier_init(&all_alive, NULL, LAST + 1);
  assert(pthread_create(&root, NULL, node, (void*)0) == 0);
  assert(pthread_join(root, NULL) == 0);
  printf("%d threads\n", atomic_load(&alive));
  return 0;
}
