/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * std::atomic for the pure logic of the rooms, with a hook before and after
 * each operation. Inside namespace deputy, `std` is the namespace below: the
 * headers of system/lib/deputy/ that are included after this one use it as they
 * are. The operations are those of the real std::atomic, with the orders asked
 * for, so ThreadSanitizer sees what it would see without the hooks.
 *
 * The program defines native::before() and native::after() first:
 * worker_pool_stress.cpp loses time there, worker_pool_explore.cpp lets another
 * of its threads go on.
 */
#pragma once

#include <atomic>
#include <stdint.h>

namespace deputy {
namespace std {

using ::std::memory_order;
using ::std::memory_order_acq_rel;
using ::std::memory_order_acquire;
using ::std::memory_order_relaxed;
using ::std::memory_order_release;
using ::std::memory_order_seq_cst;

template<class T> class atomic {
public:
  atomic() = default;
  constexpr atomic(T value) : value_(value) {}
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  T load(memory_order order = memory_order_seq_cst) const {
    native::before(this, "load", 0);
    return seen(value_.load(order));
  }
  void store(T value, memory_order order = memory_order_seq_cst) {
    native::before(this, "store", static_cast<uint32_t>(value));
    value_.store(value, order);
    native::after(this, static_cast<uint32_t>(value));
  }
  T exchange(T value, memory_order order = memory_order_seq_cst) {
    native::before(this, "exchange", static_cast<uint32_t>(value));
    return seen(value_.exchange(value, order));
  }
  T fetch_add(T value, memory_order order = memory_order_seq_cst) {
    native::before(this, "fetch_add", static_cast<uint32_t>(value));
    return seen(value_.fetch_add(value, order));
  }
  T fetch_sub(T value, memory_order order = memory_order_seq_cst) {
    native::before(this, "fetch_sub", static_cast<uint32_t>(value));
    return seen(value_.fetch_sub(value, order));
  }
  T fetch_and(T value, memory_order order = memory_order_seq_cst) {
    native::before(this, "fetch_and", static_cast<uint32_t>(value));
    return seen(value_.fetch_and(value, order));
  }
  T fetch_or(T value, memory_order order = memory_order_seq_cst) {
    native::before(this, "fetch_or", static_cast<uint32_t>(value));
    return seen(value_.fetch_or(value, order));
  }
  bool compare_exchange_weak(T& expected, T value, memory_order order) {
    native::before(this, "compare_exchange", static_cast<uint32_t>(value));
    bool done = value_.compare_exchange_weak(expected, value, order);
    seen(expected);
    return done;
  }
  bool compare_exchange_strong(T& expected, T value, memory_order order) {
    native::before(this, "compare_exchange", static_cast<uint32_t>(value));
    bool done = value_.compare_exchange_strong(expected, value, order);
    seen(expected);
    return done;
  }
  operator T() const { return load(); }
  T operator=(T value) {
    store(value);
    return value;
  }

  // For the test itself: no hooks.
  T peek() const { return value_.load(::std::memory_order_relaxed); }

private:
  T seen(T value) const {
    native::after(this, static_cast<uint32_t>(value));
    return value;
  }

  ::std::atomic<T> value_;
};

} // namespace std
} // namespace deputy
