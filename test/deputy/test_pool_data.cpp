/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Threads on one worker, one after the other: the data of each is its own, and
// destroyed at its end; JavaScript's is the worker's.

#include <cassert>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <emscripten.h>
#include <emscripten/deputy.h>
#include <pthread.h>

static int constructed, destroyed, keys_destroyed;
static pthread_key_t key;

struct Counted {
  int value = 7;
  char bytes[1000]{};
  Counted() { constructed++; }
  ~Counted() {
    // Still on the thread that had it.
    assert(value == 8);
    destroyed++;
  }
};

static thread_local Counted counted;
static thread_local int plain = 5;
static thread_local char zero[100];
alignas(64) static thread_local char aligned[64];

static void destroy_key(void* value) {
  assert(pthread_getspecific(key) == nullptr);
  keys_destroyed++;
  // Once more, as POSIX allows.
  if (value == &plain) {
    pthread_setspecific(key, &constructed);
  }
}

static void* use(void* arg) {
  assert(counted.value == 7 && plain == 5 && errno == 0);
  assert(reinterpret_cast<uintptr_t>(aligned) % 64 == 0);
  for (char byte : zero) {
    assert(byte == 0);
  }
  counted.value++;
  plain++;
  errno = EDOM;
  memset(zero, 1, sizeof(zero));
  assert(pthread_getspecific(key) == nullptr);
  pthread_setspecific(key, &plain);
  long visit =
    EM_ASM_INT({ return globalThis.visits = (globalThis.visits || 0) + 1; });
  if (visit % 2) {
    pthread_exit(reinterpret_cast<void*>(visit));
  }
  return reinterpret_cast<void*>(visit);
}

int main() {
  pthread_key_create(&key, destroy_key);
  long most = 0;
  for (int i = 1; i <= 200; i++) {
    pthread_t thread;
    void* result;
    assert(pthread_create(&thread, nullptr, use, nullptr) == 0);
    assert(pthread_join(thread, &result) == 0);
    assert(constructed == i && destroyed == i && keys_destroyed == 2 * i);
    if (reinterpret_cast<long>(result) > most) {
      most = reinterpret_cast<long>(result);
    }
  }
  printf("%s\n",
         most >= 200 / (1 + emscripten_deputy_pool_size()) ? "reused"
                                                           : "not reused");
}
