/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * system/lib/deputy/handshake.h in every interleaving of two senders and the
 * thread that they send to: no mail is left, no caller waits for good, and each
 * sender's calls are made once, in order.
 *
 *   mailbox_explore [CASE ...]
 */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "explorer.h"

namespace native {
void before(const void* atomic, const char* operation, uint32_t value);
void after(const void* atomic, uint32_t value);
} // namespace native

#include "interposed_atomic.h"

namespace deputy {

// What handshake.h asks for: <stdatomic.h>, and upstream's states.
using atomic_int = std::atomic<int>;
enum { NOTIFICATION_NONE, NOTIFICATION_RECEIVED, NOTIFICATION_PENDING };

inline int atomic_exchange(atomic_int* word, int value) {
  return word->exchange(value);
}
inline void atomic_store(atomic_int* word, int value) { word->store(value); }
inline bool
atomic_compare_exchange_strong(atomic_int* word, int* expected, int value) {
  return word->compare_exchange_strong(
    *expected, value, std::memory_order_seq_cst);
}

#include "handshake.h"

} // namespace deputy

namespace {

using namespace deputy;

constexpr int SENDERS = 2;
constexpr uint64_t MOST_STATES = 20'000'000;

struct Case {
  const char* name;
  const char* promise;
  int calls;    // of each sender
  int turns;    // so often the thread may leave with mail left
  int throws;   // so often a call may end by an exception
  int abandons; // so often a caller may be cancelled
};

const Case cases[] = {
  {"calls", "mail is found, and callers wake", 3, 0, 0, 0},
  {"turns", "what is left comes in another turn", 2, 2, 0, 0},
  {"throws", "an exception ends its call, and no other", 2, 0, 2, 0},
  {"abandons", "a call that its caller has left is known as such", 2, 0, 0, 2},
};

const Case* options;

struct Task {
  int sender;
  int number;
  bool is_awaited;
};

struct World {
  atomic_int mailbox{NOTIFICATION_NONE};
  Task queue[SENDERS * 4];
  int head;
  int tail;
  // The thread's waitAsync, and whether it has a turn to come.
  bool is_armed;
  bool has_turn;
  atomic_int words[SENDERS];
  int made[SENDERS];
  // Calls that were left, and whose end nobody has seen.
  int abandoned;
  int senders_left;
  int turns;
  int throws;
  int abandons;
} world;

// Between any two steps others may go on.
void step(const char* what) {
  explorer::point();
  if (explorer::is_tracing) {
    printf("    %s: %s\n", explorer::fibers[explorer::current].name, what);
  }
}

// ---- A sender ---------------------------------------------------------------

// False: it was cancelled, and has left the call.
bool wait_for_end(int id) {
  if (!call_sleep(&world.words[id])) {
    return true;
  }
  for (;;) {
    step("looks, and sleeps");
    if (world.words[id].peek() != CALL_SLEEPING) {
      return true;
    }
    explorer::sleep(&world.words[id], world.abandons > 0);
    if (world.abandons && explorer::choose(2)) {
      world.abandons--;
      // Before, as whoever ends it may be quicker.
      world.abandoned++;
      if (call_abandon(&world.words[id])) {
        return false;
      }
      world.abandoned--;
    }
  }
}

void send(int id) {
  for (int number = 0; number < options->calls; number++) {
    bool is_awaited = explorer::choose(2);
    if (is_awaited) {
      world.words[id] = CALL_PENDING;
    }
    step("sends");
    world.queue[world.tail++] = {id, number, is_awaited};
    if (mail_has_come(&world.mailbox)) {
      step("notifies");
      if (world.is_armed) {
        world.is_armed = false;
        world.has_turn = true;
      }
    }
    if (!is_awaited) {
      continue;
    }
    if (!wait_for_end(id)) {
      break;
    }
    int end = world.words[id].peek();
    if (end != CALL_DONE && !(end == CALL_CANCELED && options->throws)) {
      explorer::fail("sender %d goes on, and its call has not ended", id);
    }
    if (world.made[id] != number + 1) {
      explorer::fail("sender %d goes on, and its call was not made", id);
    }
  }
  world.senders_left--;
}

// ---- The thread -------------------------------------------------------------

void end(const Task& task, int how) {
  if (!task.is_awaited) {
    return;
  }
  int was = call_end(&world.words[task.sender], how);
  if (was == CALL_SLEEPING) {
    step("wakes the caller");
    explorer::wake(&world.words[task.sender]);
  } else if (was == CALL_ABANDONED) {
    world.abandoned--;
  }
}

// Whether to go on.
bool make(const Task& task) {
  if (world.made[task.sender] != task.number) {
    explorer::fail("call %d of sender %d is made after %d others",
                   task.number,
                   task.sender,
                   world.made[task.sender]);
  }
  world.made[task.sender]++;
  bool throws = world.throws && explorer::choose(2);
  world.throws -= throws;
  end(task, throws ? CALL_CANCELED : CALL_DONE);
  return !throws;
}

// Whether the queue is empty.
bool execute() {
  for (;;) {
    step("takes");
    if (world.head == world.tail) {
      return true;
    }
    if (!make(world.queue[world.head++])) {
      return false;
    }
    if (world.turns && explorer::choose(2)) {
      world.turns--;
      return false;
    }
  }
}

void check_mailbox() {
  do {
    mail_receive(&world.mailbox);
    if (!execute()) {
      mail_leave_for_now(&world.mailbox);
      step("asks for a turn");
      world.has_turn = true;
      return;
    }
  } while (!mail_leave(&world.mailbox));
}

bool has_turn(int) { return world.has_turn; }

void receive(int) {
  for (;;) {
    explorer::until(has_turn, 0);
    world.has_turn = false;
    step("arms");
    world.is_armed = true;
    check_mailbox();
  }
}

// ---- For the explorer -------------------------------------------------------

const char* at_end() {
  return world.head != world.tail ? "mail is left, and nobody looks"
         : world.senders_left     ? "a caller waits for good"
         : world.abandoned        ? "a call that was left has no end"
                                  : nullptr;
}

bool may_die(int) { return false; }
void died(int) {}

void dump(FILE* out) {
  static const char* const mail[] = {"NONE", "RECEIVED", "PENDING"};
  fprintf(out,
          "  mailbox %s, %d tasks in it, %s, %s\n",
          mail[world.mailbox.peek()],
          world.tail - world.head,
          world.is_armed ? "armed" : "not armed",
          world.has_turn ? "a turn to come" : "no turn to come");
}

const explorer::Subject subject = {
  &world, sizeof world, at_end, may_die, died, dump};

bool explore(const Case& chosen) {
  options = &chosen;
  world.is_armed = true;
  world.senders_left = SENDERS;
  world.turns = chosen.turns;
  world.throws = chosen.throws;
  world.abandons = chosen.abandons;
  explorer::spawn("thread", receive, 0);
  explorer::spawn("sender 0", send, 0);
  explorer::spawn("sender 1", send, 1);
  return explorer::keeps(subject, MOST_STATES, chosen.name, chosen.promise);
}

} // namespace

void native::before(const void*, const char* operation, uint32_t value) {
  if (explorer::current < 0) {
    return;
  }
  explorer::point();
  if (explorer::is_tracing) {
    printf("    %s: %s %u\n",
           explorer::fibers[explorer::current].name,
           operation,
           value);
  }
}

void native::after(const void*, uint32_t) {}

int main(int argc, char** argv) {
  int broken = 0, found = 0;
  for (const Case& one : cases) {
    bool is_chosen = argc == 1;
    for (int i = 1; i < argc; i++) {
      is_chosen |= !strcmp(argv[i], one.name);
    }
    if (is_chosen) {
      found++;
      broken += !explorer::holds(one, explore);
    }
  }
  if (found < argc - 1 || !found) {
    fputs("mailbox_explore [CASE ...]\n", stderr);
    for (const Case& one : cases) {
      fprintf(stderr, "  %-10s %s\n", one.name, one.promise);
    }
    return 2;
  }
  return broken != 0;
}
