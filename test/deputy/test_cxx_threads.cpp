/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// The C++ library's threads: thread, async, future, packaged_task, the locks
// and the C++20 latch, barrier and semaphore.

#include <barrier>
#include <cassert>
#include <condition_variable>
#include <cstdio>
#include <future>
#include <latch>
#include <mutex>
#include <numeric>
#include <queue>
#include <semaphore>
#include <shared_mutex>
#include <thread>
#include <vector>

static long sum(int from, int to) {
  std::vector<long> numbers(to - from);
  std::iota(numbers.begin(), numbers.end(), from);
  return std::accumulate(numbers.begin(), numbers.end(), 0L);
}

static void test_async() {
  std::vector<std::future<long>> parts;
  for (int i = 0; i < 8; i++) {
    parts.push_back(
      std::async(std::launch::async, sum, i * 1000, (i + 1) * 1000));
  }
  long total = 0;
  for (auto& part : parts) {
    total += part.get();
  }
  printf("async: %ld\n", total);
}

static void test_queue() {
  std::mutex mutex;
  std::condition_variable filled;
  std::queue<int> queue;
  long received = 0;
  std::thread consumer([&] {
    for (;;) {
      std::unique_lock lock(mutex);
      filled.wait(lock, [&] { return !queue.empty(); });
      int item = queue.front();
      queue.pop();
      if (item < 0) {
        return;
      }
      received += item;
    }
  });
  for (int i = 0; i <= 100; i++) {
    std::lock_guard lock(mutex);
    queue.push(i < 100 ? i : -1);
    filled.notify_one();
  }
  consumer.join();
  printf("queue: %ld\n", received);
}

static void test_promise() {
  std::promise<int> promise;
  std::thread thread([&] { promise.set_value(23); });
  std::packaged_task<int(int)> task([](int x) { return x * 2; });
  auto doubled = task.get_future();
  std::thread other(std::move(task), 21);
  printf("promise: %d %d\n", promise.get_future().get(), doubled.get());
  thread.join();
  other.join();
}

static void test_cxx20() {
  constexpr int threads = 4;
  std::latch started(threads);
  std::counting_semaphore<threads> permits(2);
  std::shared_mutex shared;
  int phases = 0, inside = 0;
  std::barrier phase(threads, [&]() noexcept { phases++; });
  std::vector<std::thread> all;
  for (int i = 0; i < threads; i++) {
    all.emplace_back([&] {
      started.arrive_and_wait();
      for (int j = 0; j < 3; j++) {
        permits.acquire();
        {
          std::unique_lock lock(shared);
          inside++;
        }
        {
          std::shared_lock lock(shared);
          assert(inside > 0);
        }
        permits.release();
        phase.arrive_and_wait();
      }
    });
  }
  for (auto& thread : all) {
    thread.join();
  }
  printf("c++20: %d phases, %d inside\n", phases, inside);
}

int main() {
  test_async();
  test_queue();
  test_promise();
  test_cxx20();
  printf("concurrency: %s\n",
         std::thread::hardware_concurrency() ? "known" : "unknown");
}
