/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * The insides of a WorkerPool, for reports and for checks that no public
 * function could make: a view through pointers to its private members, which an
 * explicit instantiation may name.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <tuple>

namespace native {

// A function for each Pool, which Members defines.
#if !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-template-friend"
#endif
template<class Pool> struct MembersTag {
  friend auto members_of(MembersTag);
};
#if !defined(__clang__)
#pragma GCC diagnostic pop
#endif

template<class Tag, auto... members> struct Members {
  friend auto members_of(Tag) { return std::make_tuple(members...); }
};

} // namespace native

// Once in a program, at namespace scope.
#define NATIVE_VIEW(POOL)                                                      \
  template struct native::Members<native::MembersTag<POOL>,                    \
                                  &POOL::hot_,                                 \
                                  &POOL::parked_,                              \
                                  &POOL::states_,                              \
                                  &POOL::tickets_,                             \
                                  &POOL::queued_,                              \
                                  &POOL::live_,                                \
                                  &POOL::size_,                                \
                                  &POOL::loading_,                             \
                                  &POOL::peak_,                                \
                                  &POOL::used_,                                \
                                  &POOL::least_,                               \
                                  &POOL::spare_,                               \
                                  &POOL::max_>;                                \
  static_assert(true)

namespace native {

template<class Pool, int SLOTS> struct View {
  enum Member {
    HOT,
    PARKED,
    STATES,
    TICKETS,
    QUEUED,
    LIVE,
    SIZE,
    LOADING,
    PEAK,
    USED,
    LEAST,
    SPARE,
    MAX
  };

  Pool& pool;

  template<int member> auto& get() {
    return pool.*std::get<member>(members_of(MembersTag<Pool>{}));
  }

  bool is_hot(int slot) {
    return get<HOT>()[slot / 32].peek() >> slot % 32 & 1;
  }
  bool is_parked(int slot) {
    return get<PARKED>()[slot / 32].peek() >> slot % 32 & 1;
  }

  // The slot that a state says it runs on, or -1.
  static int runs_on(uint32_t state) {
    return (state & 3) == 3 ? static_cast<int>(state >> 2) : -1;
  }

  static const char* word_name(uint32_t word) {
    static const char* const names[] = {
      "EMPTY", "LOADING", "BUSY", "HOT", "PARKED", "KICK", "RETIRE"};
    return word < Pool::START ? names[word] : "START";
  }

  static void print_word(FILE* out, uint32_t word) {
    fputs(word_name(word), out);
    if (word >= Pool::START) {
      fprintf(out, "+%u", word - Pool::START);
    }
  }

  static void print_state(FILE* out, uint32_t state) {
    static const char* const names[] = {
      "FREE", "ADMITTED", "QUEUED, ticket", "RUNS, slot"};
    fputs(names[state & 3], out);
    if (state & 2) {
      fprintf(out, " %u", state >> 2);
    }
  }

  // The figures, the slots that are not empty, the threads that are not free.
  void dump(FILE* out) {
    fprintf(out,
            "  live %d, queued %d, size %d, loading %d, peak %d, used %d, "
            "tickets %u; least %d, spare %d, max %d\n",
            get<LIVE>().peek(),
            get<QUEUED>().peek(),
            get<SIZE>().peek(),
            get<LOADING>().peek(),
            get<PEAK>().peek(),
            get<USED>().peek(),
            get<TICKETS>().peek(),
            get<LEAST>().peek(),
            get<SPARE>().peek(),
            get<MAX>().peek());
    for (int slot = 0; slot < SLOTS; slot++) {
      uint32_t word = pool.word(slot).peek();
      if (word != Pool::EMPTY || is_hot(slot) || is_parked(slot)) {
        fprintf(out, "  slot %d: ", slot);
        print_word(out, word);
        fprintf(out,
                "%s%s\n",
                is_hot(slot) ? ", bit in hot" : "",
                is_parked(slot) ? ", bit in parked" : "");
      }
    }
    for (int thread = 0; thread < SLOTS; thread++) {
      uint32_t state = get<STATES>()[thread].peek();
      if (state) {
        fprintf(out, "  thread %d: ", thread);
        print_state(out, state);
        fputc('\n', out);
      }
    }
  }

  // What an address is the address of, and a value of it in words.
  void print_name(FILE* out, const void* address) {
    for (int i = 0; i < SLOTS; i++) {
      if (address == &pool.word(i)) {
        fprintf(out, "word[%d]", i);
        return;
      }
      if (address == &get<STATES>()[i]) {
        fprintf(out, "state[%d]", i);
        return;
      }
    }
    const char* name = address == &get<HOT>()[0]      ? "hot"
                       : address == &get<PARKED>()[0] ? "parked"
                       : address == &get<TICKETS>()   ? "tickets"
                       : address == &get<QUEUED>()    ? "queued"
                       : address == &get<LIVE>()      ? "live"
                       : address == &get<SIZE>()      ? "size"
                       : address == &get<LOADING>()   ? "loading"
                       : address == &get<PEAK>()      ? "peak"
                       : address == &get<USED>()      ? "used"
                       : address == &get<LEAST>()     ? "least"
                       : address == &get<SPARE>()     ? "spare"
                       : address == &get<MAX>()       ? "max"
                                                      : "asked";
    fputs(name, out);
  }

  void print_value(FILE* out, const void* address, uint32_t value) {
    for (int i = 0; i < SLOTS; i++) {
      if (address == &pool.word(i)) {
        return print_word(out, value);
      }
      if (address == &get<STATES>()[i]) {
        return print_state(out, value);
      }
    }
    fprintf(out, "%d", static_cast<int>(value));
  }
};

} // namespace native
