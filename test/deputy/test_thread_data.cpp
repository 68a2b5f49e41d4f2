/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Thread-local and static data: one copy a thread, constructed on it, destroyed
// at its end; statics of functions constructed once, by whoever comes first.

#include <atomic>
#include <cassert>
#include <cstdio>
#include <thread>
#include <vector>

static std::atomic<int> constructed, destroyed, singletons;
static int zeroed[64];
static int initialised = 42;

struct Counted {
  int value = 7;
  Counted() { constructed++; }
  ~Counted() { destroyed++; }
};

static thread_local Counted counted;
static thread_local int plain = 5;

struct Singleton {
  Singleton() {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    singletons++;
  }
};

static void use() {
  static Singleton singleton;
  assert(counted.value == 7 && plain == 5);
  counted.value++;
  plain++;
  assert(counted.value == 8 && plain == 6);
}

int main() {
  for (int value : zeroed) {
    assert(value == 0);
  }
  assert(initialised == 42);
  use();
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; i++) {
    threads.emplace_back(use);
  }
  for (auto& thread : threads) {
    thread.join();
  }
  assert(counted.value == 8 && plain == 6);
  printf("constructed %d, destroyed %d, singletons %d\n",
         constructed.load(),
         destroyed.load(),
         singletons.load());
}
