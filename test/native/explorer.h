/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Runs every interleaving of a few threads that share a small world, under
 * sequential consistency. The threads are fibers; each runs alone until it is
 * about to do something that others can see, and calls point(). There the
 * explorer takes a copy of the world and of the fiber's stack, tries one fiber
 * after the other, and comes back.
 *
 * A state is the world, what each fiber waits for, and the bytes of its stack:
 * what is alike in all these goes on alike, so it is looked at once, known by a
 * hash of 64 bits. Dead bytes on a stack only make it see a state twice. So
 * loops end, and what it returns is a graph; from every state of it an end must
 * be within reach, or something hangs or spins for good.
 *
 * Not seen: weak memory (worker_pool_stress.cpp, under ThreadSanitizer),
 * compare_exchange_weak that fails without a reason.
 */
#pragma once

#include <algorithm>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include <vector>

namespace explorer {

constexpr int FIBERS = 8;
constexpr size_t STACK = 1 << 16;
// Below the stack pointer: what calls have left there, cleared.
constexpr size_t LEFTOVERS = 1024;

// What a fiber waits for before it goes on.
enum Wait : uint8_t { NOTHING, CHOICE, WAKE, WAKE_OR_TIME, CONDITION, FOREVER };

struct Status {
  Wait wait = FOREVER;
  // Of CHOICE: how many there are; which was taken. Of WAKE_OR_TIME: whether
  // the time was over.
  uint8_t choices = 0;
  uint8_t chosen = 0;
  // Whether it may die here.
  bool is_mortal = false;
  int argument = 0;
  const void* address = nullptr;
  bool (*condition)(int) = nullptr;
};
static_assert(sizeof(Status) == 8 + 2 * sizeof(void*), "padding has no value");

struct Fiber {
  const char* name = nullptr;
  void (*body)(int) = nullptr;
  int argument = 0;
  ucontext_t first;
  jmp_buf context;
  // The lowest byte of its stack in use.
  uintptr_t low = 0;
  // As it was before its first step.
  jmp_buf unborn_context;
  uintptr_t unborn_low = 0;
  std::vector<uint8_t> unborn_stack;
  alignas(64) uint8_t stack[STACK] = {};

  uintptr_t top() const { return reinterpret_cast<uintptr_t>(stack + STACK); }
};

// What a fiber can do next: `choice` of CHOICE, TIME or DEATH; else 0.
struct Move {
  uint8_t fiber;
  uint8_t choice;
};
constexpr int MOVES = 64;
constexpr uint8_t TIME = 254;
constexpr uint8_t DEATH = 255;

// What is explored: the world's bytes, and what the program knows of them.
struct Subject {
  void* world;
  size_t size;
  // A state in which no fiber can go on: what is wrong with it, or null.
  const char* (*end)();
  // Whether a mortal fiber may die now; it has died, and starts anew.
  bool (*may_die)(int fiber);
  void (*died)(int fiber);
  // Prints the world.
  void (*dump)(FILE* out);
};

struct Result {
  const char* problem = nullptr;
  uint64_t states = 0;
  uint64_t moves = 0;
  uint64_t ends = 0;
  size_t depth = 0;
};

inline Fiber fibers[FIBERS];
inline Status statuses[FIBERS];
inline int fiber_count = 0;
inline int current = -1;
inline jmp_buf scheduler;
inline char problem[512];
inline bool is_tracing = false;

// ---- Called by fibers -------------------------------------------------------

// Here, as this frame lies below the caller's.
__attribute__((noinline)) inline void note_low(Fiber& fiber) {
  fiber.low = reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) & -8;
}

__attribute__((noinline)) inline void yield() {
  // All registers that outlive a call go to the stack, where the hash sees
  // them.
  __builtin_unwind_init();
  note_low(fibers[current]);
  if (!_setjmp(fibers[current].context)) {
    _longjmp(scheduler, 1);
  }
}

// The fiber is about to do what others can see.
inline void point() {
  statuses[current].wait = NOTHING;
  yield();
}

// Every one of `count` ways is tried.
inline int choose(int count) {
  Status& status = statuses[current];
  status.wait = CHOICE;
  status.choices = count;
  yield();
  int chosen = status.chosen;
  status.choices = status.chosen = 0;
  return chosen;
}

// Until wake(address), or at any moment if `is_timed`.
inline void sleep(const void* address, bool is_timed) {
  Status& status = statuses[current];
  status.wait = is_timed ? WAKE_OR_TIME : WAKE;
  status.address = address;
  yield();
  status.address = nullptr;
}

inline void wake(const void* address) {
  for (int i = 0; i < fiber_count; i++) {
    if (statuses[i].address == address) {
      statuses[i].wait = NOTHING;
    }
  }
}

inline void until(bool (*condition)(int), int argument) {
  Status& status = statuses[current];
  status.wait = CONDITION;
  status.condition = condition;
  status.argument = argument;
  yield();
  status.condition = nullptr;
  status.argument = 0;
}

inline void set_mortal(bool is_mortal) {
  statuses[current].is_mortal = is_mortal;
}

// A promise is broken. From a fiber it does not return.
__attribute__((format(printf, 1, 2))) inline void fail(const char* format,
                                                       ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(problem, sizeof problem, format, arguments);
  va_end(arguments);
  if (current >= 0) {
    _longjmp(scheduler, 1);
  }
}

// ---- The scheduler ----------------------------------------------------------

inline void run_fiber() {
  Fiber& fiber = fibers[current];
  yield();
  fiber.body(fiber.argument);
  statuses[current].wait = FOREVER;
  yield();
}

// Until its next point.
__attribute__((noinline)) inline void resume(int fiber) {
  current = fiber;
  if (!_setjmp(scheduler)) {
    _longjmp(fibers[current].context, 1);
  }
  current = -1;
}

__attribute__((noinline)) inline void begin(int fiber) {
  current = fiber;
  if (!_setjmp(scheduler)) {
    setcontext(&fibers[current].first);
  }
  current = -1;
}

inline void spawn(const char* name, void (*body)(int), int argument) {
  if (fiber_count == FIBERS) {
    abort();
  }
  Fiber& fiber = fibers[fiber_count];
  fiber.name = name;
  fiber.body = body;
  fiber.argument = argument;
  getcontext(&fiber.first);
  fiber.first.uc_stack.ss_sp = fiber.stack;
  fiber.first.uc_stack.ss_size = STACK;
  fiber.first.uc_link = nullptr;
  makecontext(&fiber.first, run_fiber, 0);
  begin(fiber_count);
  statuses[fiber_count] = {};
  statuses[fiber_count].wait = NOTHING;
  memcpy(fiber.unborn_context, fiber.context, sizeof fiber.context);
  fiber.unborn_low = fiber.low;
  fiber.unborn_stack.assign(reinterpret_cast<uint8_t*>(fiber.low),
                            fiber.stack + STACK);
  fiber_count++;
}

inline void restart(int index) {
  Fiber& fiber = fibers[index];
  memset(reinterpret_cast<void*>(fiber.low - LEFTOVERS),
         0,
         fiber.top() - fiber.low + LEFTOVERS);
  memcpy(fiber.context, fiber.unborn_context, sizeof fiber.context);
  fiber.low = fiber.unborn_low;
  memcpy(reinterpret_cast<void*>(fiber.low),
         fiber.unborn_stack.data(),
         fiber.unborn_stack.size());
  statuses[index] = {};
  statuses[index].wait = NOTHING;
}

// All that the fibers can do next; returns how many.
inline int moves_of(const Subject& subject, Move* moves) {
  int count = 0;
  for (uint8_t i = 0; i < fiber_count; i++) {
    const Status& status = statuses[i];
    int ways = 0;
    switch (status.wait) {
      case NOTHING:
        ways = 1;
        break;
      case CHOICE:
        ways = status.choices;
        break;
      case CONDITION:
        ways = status.condition(status.argument);
        break;
      case WAKE_OR_TIME:
        moves[count++] = {i, TIME};
        break;
      case WAKE:
      case FOREVER:
        break;
    }
    for (int way = 0; way < ways && count < MOVES - 1; way++) {
      moves[count++] = {i, static_cast<uint8_t>(way)};
    }
    if (status.is_mortal && subject.may_die(i)) {
      moves[count++] = {i, DEATH};
    }
  }
  return count;
}

inline void make(const Subject& subject, Move move) {
  if (is_tracing && move.choice >= TIME) {
    printf("    %s: %s\n",
           fibers[move.fiber].name,
           move.choice == DEATH ? "dies" : "its time is over");
  }
  if (move.choice == DEATH) {
    restart(move.fiber);
    subject.died(move.fiber);
    return;
  }
  statuses[move.fiber].chosen = move.choice == TIME ? 0 : move.choice;
  memset(
    reinterpret_cast<void*>(fibers[move.fiber].low - LEFTOVERS), 0, LEFTOVERS);
  resume(move.fiber);
}

// ---- States -----------------------------------------------------------------

inline uint64_t mix(uint64_t hash, uint64_t value) {
  unsigned __int128 product =
    static_cast<unsigned __int128>(hash ^ value) * 0x9e3779b97f4a7c15u;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64) ^
         value << 1;
}

inline uint64_t hash_of(const void* data, size_t size, uint64_t hash) {
  const uint8_t* byte = static_cast<const uint8_t*>(data);
  for (; size >= 8; size -= 8, byte += 8) {
    uint64_t value;
    memcpy(&value, byte, 8);
    hash = mix(hash, value);
  }
  uint64_t rest = 0;
  memcpy(&rest, byte, size);
  return mix(hash, rest ^ 0x5bd1e995);
}

inline uint64_t hash_of_stack(int index) {
  const Fiber& fiber = fibers[index];
  return hash_of(reinterpret_cast<void*>(fiber.low),
                 fiber.top() - fiber.low,
                 0x2545f4914f6cdd1d + index);
}

// The states seen: hash to number, by open addressing.
class States {
public:
  // The number of the state, and whether it is new.
  uint32_t add(uint64_t hash, bool& is_new) {
    if (2 * (count_ + 1) > keys_.size()) {
      grow();
    }
    hash += !hash;
    size_t at = find(hash);
    is_new = !keys_[at];
    if (is_new) {
      keys_[at] = hash;
      numbers_[at] = count_++;
    }
    return numbers_[at];
  }
  uint32_t count() const { return count_; }

private:
  size_t find(uint64_t hash) const {
    size_t at = hash & (keys_.size() - 1);
    while (keys_[at] && keys_[at] != hash) {
      at = (at + 1) & (keys_.size() - 1);
    }
    return at;
  }
  void grow() {
    std::vector<uint64_t> keys(keys_.empty() ? 1 << 16 : 2 * keys_.size());
    std::vector<uint32_t> numbers(keys.size());
    keys_.swap(keys);
    numbers_.swap(numbers);
    for (size_t i = 0; i < keys.size(); i++) {
      if (keys[i]) {
        size_t at = find(keys[i]);
        keys_[at] = keys[i];
        numbers_[at] = numbers[i];
      }
    }
  }

  std::vector<uint64_t> keys_;
  std::vector<uint32_t> numbers_;
  uint32_t count_ = 0;
};

// A state on the way to the present one, and how to come back to it.
struct Visit {
  uint32_t number;
  int count;
  int next;
  Move moves[MOVES];
  Status statuses[FIBERS];
  std::vector<uint8_t> world;
  // Of the fiber that made the last move from here.
  std::vector<uint8_t> stack;
  uintptr_t low;
  jmp_buf context;
  uint64_t stack_hash;
};

class Exploration {
public:
  explicit Exploration(const Subject& subject) : subject_(subject) {}

  // From the present state on. Stops at the first problem, or at
  // `most_states`.
  Result run(uint64_t most_states) {
    start_.world.resize(subject_.size);
    start_stacks_.resize(fiber_count);
    keep_start();
    for (int i = 0; i < fiber_count; i++) {
      stack_hashes_[i] = hash_of_stack(i);
    }
    bool is_new;
    origins_.push_back({});
    enter(states_.add(hash(), is_new));
    while (depth_ && !*problem) {
      Visit& visit = path_[depth_ - 1];
      if (visit.next == visit.count) {
        depth_--;
        if (depth_) {
          undo(path_[depth_ - 1]);
        }
        continue;
      }
      Move move = visit.moves[visit.next++];
      prepare(visit, move.fiber);
      make(subject_, move);
      result_.moves++;
      if (*problem) {
        tell_way(visit.number, &move);
        break;
      }
      stack_hashes_[move.fiber] = hash_of_stack(move.fiber);
      uint32_t number = states_.add(hash(), is_new);
      edges_.push_back({visit.number, number});
      if (!is_new) {
        undo(visit);
        continue;
      }
      if (states_.count() > most_states) {
        fail("more than %llu states: not all was explored",
             static_cast<unsigned long long>(most_states));
        break;
      }
      origins_.push_back({visit.number, move});
      enter(number);
    }
    if (!*problem) {
      find_dead_ends();
    }
    result_.states = states_.count();
    result_.problem = *problem ? problem : nullptr;
    return result_;
  }

private:
  uint64_t hash() const {
    uint64_t hash = hash_of(subject_.world, subject_.size, 1);
    hash = hash_of(statuses, sizeof(Status) * fiber_count, hash);
    for (int i = 0; i < fiber_count; i++) {
      hash = mix(hash, stack_hashes_[i]);
    }
    return hash;
  }

  void enter(uint32_t number) {
    if (depth_ == path_.size()) {
      path_.emplace_back();
      path_.back().world.resize(subject_.size);
    }
    Visit& visit = path_[depth_++];
    visit.number = number;
    visit.next = 0;
    visit.count = moves_of(subject_, visit.moves);
    memcpy(visit.statuses, statuses, sizeof statuses);
    memcpy(visit.world.data(), subject_.world, subject_.size);
    if (depth_ > result_.depth) {
      result_.depth = depth_;
    }
    bool is_end = true;
    for (int i = 0; i < visit.count; i++) {
      is_end = is_end && visit.moves[i].choice == DEATH;
    }
    if (is_end) {
      result_.ends++;
      ends_.push_back(number);
      if (const char* wrong = subject_.end()) {
        fail("%s", wrong);
        tell_way(number, nullptr);
      }
    }
  }

  void prepare(Visit& visit, int index) {
    const Fiber& fiber = fibers[index];
    visit.low = fiber.low;
    visit.stack.assign(reinterpret_cast<uint8_t*>(fiber.low),
                       const_cast<uint8_t*>(fiber.stack) + STACK);
    memcpy(visit.context, fiber.context, sizeof fiber.context);
    visit.stack_hash = stack_hashes_[index];
  }

  // The last move from `visit`.
  void undo(const Visit& visit) {
    int index = visit.moves[visit.next - 1].fiber;
    Fiber& fiber = fibers[index];
    fiber.low = visit.low;
    memcpy(reinterpret_cast<void*>(fiber.low),
           visit.stack.data(),
           visit.stack.size());
    memcpy(fiber.context, visit.context, sizeof fiber.context);
    stack_hashes_[index] = visit.stack_hash;
    memcpy(statuses, visit.statuses, sizeof statuses);
    memcpy(subject_.world, visit.world.data(), subject_.size);
  }

  // From every state an end must be within reach.
  void find_dead_ends() {
    uint32_t count = states_.count();
    std::vector<uint32_t> first(count + 2), from(edges_.size());
    for (auto& edge : edges_) {
      first[edge.to + 2]++;
    }
    for (uint32_t i = 2; i < count + 2; i++) {
      first[i] += first[i - 1];
    }
    for (auto& edge : edges_) {
      from[first[edge.to + 1]++] = edge.from;
    }
    std::vector<bool> reaches(count);
    std::vector<uint32_t> todo = ends_;
    for (uint32_t end : ends_) {
      reaches[end] = true;
    }
    while (!todo.empty()) {
      uint32_t state = todo.back();
      todo.pop_back();
      for (uint32_t i = first[state]; i < first[state + 1]; i++) {
        if (!reaches[from[i]]) {
          reaches[from[i]] = true;
          todo.push_back(from[i]);
        }
      }
    }
    uint32_t lost = 0, example = 0;
    for (uint32_t i = count; i--;) {
      if (!reaches[i]) {
        lost++;
        example = i;
      }
    }
    if (lost) {
      fail("%u of %u states never come to an end: somebody spins for good, or "
           "waits for what does not come",
           lost,
           count);
      tell_way(example, nullptr);
    }
  }

  // Goes the way to a state again, and from there `last`, and says what
  // happens.
  void tell_way(uint32_t number, const Move* last) {
    std::vector<Move> way;
    for (; number; number = origins_[number].from) {
      way.push_back(origins_[number].move);
    }
    std::reverse(way.begin(), way.end());
    if (last) {
      way.push_back(*last);
    }
    char found[sizeof problem];
    memcpy(found, problem, sizeof problem);
    problem[0] = 0;
    restore_start();
    printf("  the way there, %zu moves:\n", way.size());
    is_tracing = true;
    for (Move move : way) {
      make(subject_, move);
    }
    is_tracing = false;
    printf("\n  there:\n");
    for (int i = 0; i < fiber_count; i++) {
      static const char* const names[] = {"can go on",
                                          "chooses",
                                          "sleeps",
                                          "sleeps for a time",
                                          "waits for a condition",
                                          "has ended"};
      printf("  %s %s\n", fibers[i].name, names[statuses[i].wait]);
    }
    subject_.dump(stdout);
    memcpy(problem, found, sizeof problem);
  }

  void keep_start() {
    memcpy(start_.world.data(), subject_.world, subject_.size);
    memcpy(start_.statuses, statuses, sizeof statuses);
    for (int i = 0; i < fiber_count; i++) {
      prepare(start_stacks_[i], i);
    }
  }

  void restore_start() {
    memcpy(subject_.world, start_.world.data(), subject_.size);
    memcpy(statuses, start_.statuses, sizeof statuses);
    for (int i = 0; i < fiber_count; i++) {
      Fiber& fiber = fibers[i];
      const Visit& kept = start_stacks_[i];
      fiber.low = kept.low;
      memcpy(reinterpret_cast<void*>(fiber.low),
             kept.stack.data(),
             kept.stack.size());
      memcpy(fiber.context, kept.context, sizeof fiber.context);
      stack_hashes_[i] = hash_of_stack(i);
    }
  }

  struct Edge {
    uint32_t from;
    uint32_t to;
  };

  struct Origin {
    uint32_t from;
    Move move;
  };

  const Subject& subject_;
  Result result_;
  States states_;
  // How each state was first come to.
  std::vector<Origin> origins_;
  std::vector<Edge> edges_;
  std::vector<uint32_t> ends_;
  std::vector<Visit> path_;
  size_t depth_ = 0;
  uint64_t stack_hashes_[FIBERS] = {};
  Visit start_;
  std::vector<Visit> start_stacks_;
};

// Lets the fibers run, each as far as it gets, without a look at other orders.
// Time does not pass.
inline void settle(const Subject& subject) {
  Move moves[MOVES];
  for (;;) {
    int count = moves_of(subject, moves), i = 0;
    while (i < count && moves[i].choice >= TIME) {
      i++;
    }
    if (i == count || *problem) {
      return;
    }
    make(subject, moves[i]);
  }
}

// Explores, and prints what came of it: whether the promise is kept.
inline bool keeps(const Subject& subject,
                  uint64_t most_states,
                  const char* name,
                  const char* promise) {
  Exploration exploration(subject);
  Result result = exploration.run(most_states);
  printf("%-12s %s: %llu states, %llu moves, %llu ends, up to %zu moves deep\n",
         name,
         result.problem ? "FAILED" : "ok",
         static_cast<unsigned long long>(result.states),
         static_cast<unsigned long long>(result.moves),
         static_cast<unsigned long long>(result.ends),
         result.depth);
  if (result.problem) {
    printf("  %s\n  promise: %s\n", result.problem, promise);
  }
  return !result.problem;
}

// In a process of its own: all cases start with the same memory.
template<class Case>
bool holds(const Case& chosen, bool (*explore)(const Case&)) {
  fflush(stdout);
  pid_t child = fork();
  if (!child) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    exit(!explore(chosen));
  }
  int status = 1;
  waitpid(child, &status, 0);
  return status == 0;
}

} // namespace explorer
