/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// All that makes threads: C, C++, OpenMP.

#include <atomic>
#include <cassert>
#include <cstdio>
#include <emscripten/deputy.h>
#include <future>
#include <thread>
#include <threads.h>
#include <vector>

static int twice(void* arg) { return 2 * *static_cast<int*>(arg); }

static int exit_twice(void* arg) { thrd_exit(twice(arg)); }

int main() {
  for (int i = 0; i < 100; i++) {
    thrd_t thread;
    int result;
    assert(thrd_create(&thread, i % 2 ? twice : exit_twice, &i) ==
           thrd_success);
    assert(thrd_join(thread, &result) == thrd_success);
    assert(result == 2 * i);

    std::atomic<int> sum = 0;
    std::vector<std::thread> threads;
    for (int j = 0; j < 4; j++) {
      threads.emplace_back([&sum, j] { sum += j; });
    }
    for (auto& each : threads) {
      each.join();
    }
    assert(sum == 6);
    auto future = std::async(std::launch::async, [i] { return 3 * i; });
    assert(future.get() == 3 * i);
  }
  long total = 0;
  for (int i = 0; i < 50; i++) {
#pragma omp parallel for reduction(+ : total) num_threads(3)
    for (int j = 0; j < 300; j++) {
      total += j;
    }
  }
  printf("total %ld\n", total);

  // Beyond the limit: an exception, and thrd_nomem or thrd_error.
  assert(emscripten_deputy_pool_set_max(emscripten_deputy_pool_live()) == 0);
  int zero = 0;
  thrd_t thread;
  assert(thrd_create(&thread, twice, &zero) != thrd_success);
  try {
    std::thread refused([] {});
    printf("not refused\n");
  } catch (const std::system_error& error) {
    printf("%s\n",
           error.code() == std::errc::resource_unavailable_try_again
             ? "refused"
             : error.what());
  }
}
