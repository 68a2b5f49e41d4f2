/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Looks at a word for a while before a thread sleeps on it. Pure logic: used by
 * worker_pool.h and worker_pool.cpp, test/native/ runs it.
 *
 * To wake a thread on another, idle core takes 30 to 100 µs; a word that
 * changes within that time is better looked at, if nobody else needs the core.
 * Whether it does depends on the program and on where the system places its
 * threads, so this learns:
 *
 * - A look outlasts such a wake. Where two threads wake each other, the one
 * that looks brings the other to look as well; then all looks are short, and
 * neither sleeps.
 * - Looks that pay, but are long, for 16 waits on end, take a core that
 * somebody may need: they count as in vain.
 * - After one in vain none is tried for 2 waits, then 4, up to 32.
 * - One thread at a time looks.
 */
#pragma once

#include <atomic>
#include <stdint.h>

namespace deputy {

template<class Platform> class AdaptiveSpin {
public:
  void enable(bool enabled) {
    enabled_.store(enabled, std::memory_order_relaxed);
  }

  // Any thread. Returns whether `word` is no longer `expected`; what it says
  // now is not ordered: load it again.
  bool changes(const std::atomic<uint32_t>& word, uint32_t expected) {
    if (!enabled_.load(std::memory_order_relaxed)) {
      return false;
    }
    int skips = skips_.load(std::memory_order_relaxed);
    if (skips > 0) {
      // A lost update costs one look more.
      skips_.store(skips - 1, std::memory_order_relaxed);
      return false;
    }
    // acquire and release: from one that looks to the next.
    if (taken_.exchange(true, std::memory_order_acquire)) {
      return false;
    }
    // Most changes come at once; to ask the clock takes longer than they do.
    bool is_short = looks(word, expected);
    bool changed = is_short;
    if (!changed) {
      int64_t end = Platform::now_ns() + Platform::LONG_LOOK_NS;
      do {
        changed = looks(word, expected);
      } while (!changed && Platform::now_ns() < end);
    }
    learn(changed, is_short);
    taken_.store(false, std::memory_order_release);
    return changed;
  }

private:
  static constexpr int PATIENCE = 16;
  static constexpr int MAX_FAILURES = 5;

  static bool looks(const std::atomic<uint32_t>& word, uint32_t expected) {
    for (int i = 0; i < Platform::SHORT_LOOKS; i++) {
      if (word.load(std::memory_order_relaxed) != expected) {
        return true;
      }
    }
    return false;
  }

  void learn(bool changed, bool is_short) {
    if (is_short) {
      failures_ = long_ = 0;
    } else if (!changed || ++long_ == PATIENCE) {
      long_ = 0;
      failures_ += failures_ < MAX_FAILURES;
      skips_.store(1 << failures_, std::memory_order_relaxed);
    }
  }

  std::atomic<bool> enabled_{true};
  std::atomic<int> skips_{0};
  std::atomic<bool> taken_{false};
  // Guarded by taken_.
  int failures_ = 0;
  int long_ = 0;
};

} // namespace deputy
