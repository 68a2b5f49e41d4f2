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
#include <stdint.h>

namespace deputy {

struct Platform {
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
