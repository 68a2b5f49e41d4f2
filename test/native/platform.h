/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * The host's futex, in the place of system/lib/deputy/platform.h: Linux's. What
 * one thread wrote is seen by another through the atomics alone, so that
 * ThreadSanitizer judges them, not this.
 */
#pragma once

#include <atomic>
#include <limits.h>
#include <linux/futex.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace deputy {

struct Platform {
  // Of AdaptiveSpin. Fewer looks than wasm's, as each takes longer here.
  static constexpr int64_t LONG_LOOK_NS = 120000;
  static constexpr int SHORT_LOOKS = 100;

  static int64_t now_ns() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
  }

  // Waits until `word` was notified and is not `expected`, or `ns` are over; a
  // negative `ns` waits without a limit. Every return is a hint: look again.
  static void wait(std::atomic<uint32_t>& word, uint32_t expected, int64_t ns) {
    timespec limit = {ns / 1000000000, ns % 1000000000};
    syscall(SYS_futex,
            &word,
            FUTEX_WAIT_PRIVATE,
            expected,
            ns < 0 ? nullptr : &limit,
            nullptr,
            0);
  }

  static void notify(std::atomic<uint32_t>& word, uint32_t count) {
    syscall(SYS_futex,
            &word,
            FUTEX_WAKE_PRIVATE,
            count > INT_MAX ? INT_MAX : count,
            nullptr,
            nullptr,
            0);
  }
};

} // namespace deputy
