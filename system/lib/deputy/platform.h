/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * What the pure logic of the rooms asks of the machine below it: a futex. This
 * one is wasm's; test/native/platform.h is the host's, so that the same logic
 * runs under ThreadSanitizer.
 */
#pragma once

#include <atomic>
#include <emscripten/emscripten.h>
#include <stdint.h>

namespace deputy {

struct Platform {
  // Of AdaptiveSpin. A long look outlasts the wake of a thread on another core;
  // a short one, of 1 to 2 ns each, what a worker does between two threads.
  static constexpr int64_t LONG_LOOK_NS = 120000;
  static constexpr int SHORT_LOOKS = 5000;

  static int64_t now_ns() {
    return static_cast<int64_t>(emscripten_get_now() * 1e6);
  }

  // Waits until `word` was notified and is not `expected`, or `ns` are over; a
  // negative `ns` waits without a limit. Every return is a hint: look again.
  // Threads that may block only.
  static void wait(std::atomic<uint32_t>& word, uint32_t expected, int64_t ns) {
    __builtin_wasm_memory_atomic_wait32(
      reinterpret_cast<int*>(&word), static_cast<int>(expected), ns);
  }

  static void notify(std::atomic<uint32_t>& word, uint32_t count) {
    __builtin_wasm_memory_atomic_notify(reinterpret_cast<int*>(&word), count);
  }
};

} // namespace deputy
