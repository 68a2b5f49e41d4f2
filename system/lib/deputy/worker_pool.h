/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Hands threads to workers through shared memory, and says how many workers
 * there should be. Pure logic: worker_pool.cpp gives it the program's threads,
 * test/native/ proves it.
 *
 * Each worker has a slot: a futex word, and a bit in one of two maps while it
 * is idle. The bit is the right to speak to the worker: whoever clears it, and
 * nobody else, writes one message into the word. So no message is lost or
 * overwritten.
 *
 *   EMPTY --> LOADING --> BUSY --> HOT --> PARKED   open(), enter(), next()
 *     ^                             |        |
 *     |                             v        v
 *     |                     START + thread, KICK    whoever cleared the bit;
 * then BUSY
 *     +-------------------------- RETIRE
 *
 * A HOT worker blocks in a futex wait, for a short time; a PARKED one is at its
 * event loop, woken by Atomics.waitAsync, and takes messages.
 *
 * Each thread has a state: FREE, ADMITTED (it counts), QUEUED with a ticket (it
 * waits for a worker), or RUNS on a slot. The queue is these states: a worker
 * takes the QUEUED thread with the oldest ticket by one compare-and-swap; where
 * several take at once, the order is as near to that as their looks are. So
 * nobody waits for a lock, and what a worker ran when it died, or was about to
 * be told, can be found.
 *
 * "UI" below is the one thread that starts and ends workers.
 */
#pragma once

#include "adaptive_spin.h"

#include <atomic>
#include <stdint.h>

namespace deputy {

template<class Platform, int SLOTS> class WorkerPool {
public:
  // What next() and its likes return besides the index of a thread.
  enum Result : int {
    PARK = -1,  // nothing: the worker is PARKED
    LEAVE = -2, // the worker is retired: it must not come back
  };
  // What a slot's word says.
  enum Word : uint32_t {
    EMPTY,
    LOADING,
    BUSY,
    HOT,
    PARKED,
    KICK,
    RETIRE,
    START
  };

  static constexpr int NONE = -1;
  static constexpr int RETRY = -2;

  // ---- Threads

  // Any thread; never waits. Counts one thread more; its index, or NONE when
  // the limit is reached.
  int admit() {
    int live = live_.load(std::memory_order_relaxed);
    do {
      if (live >= max_.load(std::memory_order_relaxed)) {
        return NONE;
      }
      // seq_cst, with the caller's look at size_ in missing(): pairs with
      // retire(), which lowers size_, after which the UI thread looks at live_.
    } while (
      !live_.compare_exchange_weak(live, live + 1, std::memory_order_seq_cst));
    raise(peak_, live + 1);
    // One is FREE: dismiss() frees it before it lowers live_.
    for (int thread = 0;; thread = (thread + 1) % SLOTS) {
      uint32_t free = FREE;
      if (states_[thread].load(std::memory_order_relaxed) == FREE &&
          states_[thread].compare_exchange_strong(
            free, ADMITTED, std::memory_order_acquire)) {
        raise(used_, thread + 1);
        return thread;
      }
    }
  }

  // Any thread. It has ended, or was not started after all. Returns whether it
  // was the last.
  bool dismiss(int thread) {
    states_[thread].store(FREE, std::memory_order_release);
    return live_.fetch_sub(1, std::memory_order_seq_cst) == 1;
  }

  // Any thread; never waits. Gives an admitted thread to an idle worker, or
  // queues it; then the caller looks whether workers are missing(). What the
  // caller wrote before is seen by the worker.
  void submit(int thread) {
    if (queued_.load(std::memory_order_relaxed) == 0) {
      int slot = claim();
      if (slot != NONE) {
        states_[thread].store(runs_on(slot), std::memory_order_relaxed);
        send(slot, START + thread);
        return;
      }
    }
    uint32_t ticket = tickets_.fetch_add(1, std::memory_order_relaxed);
    states_[thread].store(ticket << 2 | QUEUED, std::memory_order_release);
    // A worker may have become idle since our look: it has looked at queued_
    // after it set its bit, we look at the bits after we raised queued_
    // (seq_cst).
    queued_.fetch_add(1, std::memory_order_seq_cst);
    kick();
  }

  // Any thread. Whether it was admitted and not submitted.
  bool is_admitted(int thread) const {
    return states_[thread].load(std::memory_order_relaxed) == ADMITTED;
  }

  // ---- Workers

  // Worker of `slot`, once, when it has loaded; then next().
  void enter(int slot) {
    slots_[slot].word.store(BUSY, std::memory_order_relaxed);
    // release: pairs with ready(), for those who wait for workers.
    loading_.fetch_sub(1, std::memory_order_release);
  }

  // Worker of `slot`, which has nothing to do. Returns a thread to run, or
  // PARK: then it waits for its word to change from PARKED, and calls woken().
  // `over` is called once, as soon as the worker can be had or has other work:
  // whoever waits for the end of its last thread may go on.
  template<class Over> int next(int slot, int64_t hot_ns, Over over) {
    std::atomic<uint32_t>& word = slots_[slot].word;
    bool told = false;
    for (;;) {
      int thread = pop(slot);
      bool idle = thread == NONE && announce(slot, HOT, hot_);
      if (!told && (idle || thread != NONE)) {
        told = true;
        over();
      }
      if (thread != NONE) {
        return thread;
      }
      if (!idle) {
        continue;
      }
      if (!spin_.changes(word, HOT)) {
        Platform::wait(word, HOT, hot_ns);
      }
      if (word.load(std::memory_order_acquire) == HOT && own(slot, hot_)) {
        if (announce(slot, PARKED, parked_)) {
          return PARK;
        }
        continue;
      }
      int result = receive(slot, HOT);
      if (result != NONE) {
        return result;
      }
    }
  }

  // Worker of `slot`, PARKED, after its word may have changed. As next().
  int woken(int slot, int64_t hot_ns) {
    if (slots_[slot].word.load(std::memory_order_acquire) == PARKED) {
      return PARK;
    }
    int result = receive(slot, PARKED);
    return result != NONE ? result : next(slot, hot_ns, [] {});
  }

  // Worker of `slot`, PARKED, that would rather block again. As next().
  int resume(int slot, int64_t hot_ns) {
    if (own(slot, parked_)) {
      slots_[slot].word.store(BUSY, std::memory_order_relaxed);
      return next(slot, hot_ns, [] {});
    }
    int result = receive(slot, PARKED);
    return result != NONE ? result : next(slot, hot_ns, [] {});
  }

  // Worker of `slot`, which has nothing to do and will not come back: as if the
  // UI had told it to leave.
  void resign(int slot) {
    slots_[slot].word.store(RETIRE, std::memory_order_release);
    size_.fetch_sub(1, std::memory_order_seq_cst);
  }

  std::atomic<uint32_t>& word(int slot) { return slots_[slot].word; }

  // ---- UI: workers come and go

  // UI. A slot for a worker that is about to be started, or NONE.
  int open() {
    for (int slot = 0; slot < SLOTS; slot++) {
      if (slots_[slot].word.load(std::memory_order_acquire) == EMPTY) {
        slots_[slot].word.store(LOADING, std::memory_order_relaxed);
        loading_.fetch_add(1, std::memory_order_relaxed);
        size_.fetch_add(1, std::memory_order_seq_cst);
        return slot;
      }
    }
    return NONE;
  }

  // UI. Tells one idle worker to leave; its slot is free again after vacate().
  // Returns the slot, or NONE when none is idle.
  int retire() {
    int slot = claim(parked_);
    if (slot == NONE) {
      slot = claim(hot_);
    }
    if (slot != NONE) {
      // seq_cst: see admit().
      size_.fetch_sub(1, std::memory_order_seq_cst);
      send(slot, RETIRE);
    }
    return slot;
  }

  // UI. The worker that was told to leave has left.
  void vacate(int slot) {
    slots_[slot].word.store(EMPTY, std::memory_order_relaxed);
  }

  // UI. The worker has died, or could not be loaded. Returns a thread that it
  // ran, which is ADMITTED again: call once more; NONE when the slot is free;
  // RETRY when somebody is about to send it a message: call again soon.
  int bury(int slot) {
    std::atomic<uint32_t>& word = slots_[slot].word;
    uint32_t last = word.load(std::memory_order_acquire);
    if ((last == HOT && !own(slot, hot_)) ||
        (last == PARKED && !own(slot, parked_))) {
      return RETRY;
    }
    if (last == HOT || last == PARKED) {
      word.store(BUSY, std::memory_order_relaxed);
    }
    for (int thread = 0; thread < used_.load(std::memory_order_relaxed);
         thread++) {
      if (last != START + thread &&
          states_[thread].load(std::memory_order_acquire) == runs_on(slot)) {
        states_[thread].store(ADMITTED, std::memory_order_relaxed);
        return thread;
      }
    }
    if (last == LOADING) {
      loading_.fetch_sub(1, std::memory_order_relaxed);
    }
    if (last != RETIRE) {
      size_.fetch_sub(1, std::memory_order_seq_cst);
    }
    word.store(EMPTY, std::memory_order_relaxed);
    if (last >= START) {
      submit(last - START);
    } else if (last == KICK) {
      kick();
    }
    return NONE;
  }

  // UI. Takes a thread out of the queue: it is ADMITTED again. NONE when the
  // queue is empty.
  int withdraw() { return take(ADMITTED); }

  // ---- How many

  // Any thread. How many workers are to be started now: there should be one for
  // each live thread, also for the most that were alive or reserved lately, and
  // `spare` more; at least `least`, at most `max`.
  int missing() const {
    return missing(spare_.load(std::memory_order_relaxed));
  }
  int missing(int spare) const {
    int live = live_.load(std::memory_order_seq_cst);
    int peak = peak_.load(std::memory_order_seq_cst);
    return wanted((live > peak ? live : peak) + spare) -
           size_.load(std::memory_order_seq_cst);
  }

  // Any thread. As if `threads` were alive now.
  void reserve(int threads) { raise(peak_, threads); }

  // UI. Retires the idle workers that no thread needed since the last call.
  void shrink() {
    int peak = peak_.exchange(live(), std::memory_order_seq_cst);
    int spare = spare_.load(std::memory_order_relaxed);
    while (size() > wanted(peak + spare) && retire() != NONE) {
    }
  }

  // UI. Whether there are more workers than stay in any case.
  bool may_shrink() const {
    return size() > wanted(1 + spare_.load(std::memory_order_relaxed));
  }

  // Any thread. Figures of the moment.
  int size() const { return size_.load(std::memory_order_relaxed); }
  int ready() const {
    return size() - loading_.load(std::memory_order_acquire);
  }
  int live() const { return live_.load(std::memory_order_relaxed); }
  // (A thread can be taken before it is counted.)
  int queued() const {
    int queued = queued_.load(std::memory_order_relaxed);
    return queued < 0 ? 0 : queued;
  }
  int idle() const {
    int bits = 0;
    for (int i = 0; i < WORDS; i++) {
      bits += __builtin_popcount(hot_[i].load(std::memory_order_relaxed));
      bits += __builtin_popcount(parked_[i].load(std::memory_order_relaxed));
    }
    return bits;
  }
  // The slot that runs `thread`, or NONE.
  int slot_of(int thread) const {
    uint32_t state = states_[thread].load(std::memory_order_acquire);
    return (state & 3) == RUNS ? static_cast<int>(state >> 2) : NONE;
  }
  bool is_queued(int thread) const {
    return (states_[thread].load(std::memory_order_acquire) & 3) == QUEUED;
  }
  // Indices of threads are below this.
  int used() const { return used_.load(std::memory_order_relaxed); }

  AdaptiveSpin<Platform>& spin() { return spin_; }

  // Any thread. The bounds; `max` counts threads as well as workers, 1 to
  // SLOTS.
  std::atomic<int>& least() { return least_; }
  std::atomic<int>& spare() { return spare_; }
  std::atomic<int>& max() { return max_; }

private:
  static constexpr int WORDS = (SLOTS + 31) / 32;
  using Map = std::atomic<uint32_t>[WORDS];

  // The low bits of a thread's state; above them QUEUED has the ticket, RUNS
  // the slot.
  enum State : uint32_t { FREE, ADMITTED, QUEUED, RUNS };

  // A cache line each: workers wait on them.
  struct alignas(64) Slot {
    std::atomic<uint32_t> word{EMPTY};
  };

  static uint32_t runs_on(int slot) {
    return static_cast<uint32_t>(slot) << 2 | RUNS;
  }

  static void raise(std::atomic<int>& mark, int value) {
    int old = mark.load(std::memory_order_relaxed);
    while (old < value &&
           !mark.compare_exchange_weak(old, value, std::memory_order_seq_cst)) {
    }
  }

  int wanted(int workers) const {
    int least = least_.load(std::memory_order_relaxed);
    int max = max_.load(std::memory_order_relaxed);
    workers = workers < least ? least : workers;
    return workers > max ? max : workers;
  }

  // ---- The queue

  // Worker of `slot`. The thread that waited longest, or NONE.
  int pop(int slot) { return take(runs_on(slot)); }

  int take(uint32_t state) {
    while (queued_.load(std::memory_order_seq_cst) > 0) {
      int oldest = NONE;
      uint32_t seen = 0;
      for (int thread = 0; thread < used_.load(std::memory_order_relaxed);
           thread++) {
        uint32_t waiting = states_[thread].load(std::memory_order_relaxed);
        // Tickets wrap.
        if ((waiting & 3) == QUEUED &&
            (oldest == NONE || static_cast<int32_t>(waiting - seen) < 0)) {
          oldest = thread;
          seen = waiting;
        }
      }
      if (oldest == NONE) {
        // Another has it, and is about to lower queued_.
        return NONE;
      }
      // acquire: pairs with the release in submit(), what the creator wrote.
      if (states_[oldest].compare_exchange_strong(
            seen, state, std::memory_order_acquire)) {
        queued_.fetch_sub(1, std::memory_order_seq_cst);
        return oldest;
      }
    }
    return NONE;
  }

  // Any thread. Has an idle worker, if there is one, look at the queue.
  void kick() {
    int slot = claim();
    if (slot != NONE) {
      send(slot, KICK);
    }
  }

  // ---- Slots

  // An idle worker whose bit is now ours, or NONE. HOT ones first: they wake
  // sooner.
  int claim() {
    int slot = claim(hot_);
    return slot != NONE ? slot : claim(parked_);
  }

  int claim(Map& map) {
    for (int i = 0; i < WORDS; i++) {
      // seq_cst: pairs with announce(), see submit().
      while (uint32_t bits = map[i].load(std::memory_order_seq_cst)) {
        uint32_t bit = bits & -bits;
        // acquire: the worker's store of its word comes before ours.
        if (map[i].fetch_and(~bit, std::memory_order_acq_rel) & bit) {
          return i * 32 + __builtin_ctz(bit);
        }
      }
    }
    return NONE;
  }

  // The bit of `slot` is ours.
  void send(int slot, uint32_t message) {
    // release: pairs with the acquire in receive(), what the creator wrote.
    slots_[slot].word.store(message, std::memory_order_release);
    Platform::notify(slots_[slot].word, UINT32_MAX);
  }

  // Worker. Becomes idle. False when there is work after all: it is BUSY again.
  bool announce(int slot, Word idle, Map& map) {
    slots_[slot].word.store(idle, std::memory_order_relaxed);
    uint32_t bit = 1u << (slot % 32);
    // release publishes the word; seq_cst, with the look at queued_: see
    // submit().
    map[slot / 32].fetch_or(bit, std::memory_order_seq_cst);
    if (queued_.load(std::memory_order_seq_cst) == 0 || !own(slot, map)) {
      return true;
    }
    slots_[slot].word.store(BUSY, std::memory_order_relaxed);
    return false;
  }

  // Takes the bit of one certain slot; false when another has it.
  bool own(int slot, Map& map) {
    uint32_t bit = 1u << (slot % 32);
    return map[slot / 32].fetch_and(~bit, std::memory_order_acq_rel) & bit;
  }

  // Worker. The message that took the place of `idle`, or is about to: the one
  // who has our bit sends it without waiting for anything. NONE for a KICK.
  int receive(int slot, Word idle) {
    std::atomic<uint32_t>& word = slots_[slot].word;
    uint32_t message;
    while ((message = word.load(std::memory_order_acquire)) == idle) {
      Platform::wait(word, idle, -1);
    }
    if (message == RETIRE) {
      // The UI thread's now.
      return LEAVE;
    }
    word.store(BUSY, std::memory_order_relaxed);
    return message >= START ? static_cast<int>(message - START) : NONE;
  }

  Slot slots_[SLOTS];
  Map hot_{};
  Map parked_{};
  std::atomic<uint32_t> states_[SLOTS]{};
  AdaptiveSpin<Platform> spin_;
  std::atomic<uint32_t> tickets_{0};
  std::atomic<int> queued_{0};
  std::atomic<int> live_{0};
  std::atomic<int> size_{0};
  std::atomic<int> loading_{0};
  // The highest `live_` since the last shrink(); one more than the highest
  // index.
  std::atomic<int> peak_{0};
  std::atomic<int> used_{0};
  std::atomic<int> least_{0};
  std::atomic<int> spare_{0};
  std::atomic<int> max_{SLOTS};
};

} // namespace deputy
