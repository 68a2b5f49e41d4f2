/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * system/lib/deputy/worker_pool.h, whatever happens in whatever order: threads
 * are created and end, workers load, park, die and leave, bounds change, and
 * the UI comes to it early or late. For libFuzzer, or with DRIVER for
 * fuzz_driver.h.
 *
 * An input is a byte for the first ticket, then steps of three bytes: what; to
 * whom; before which atomic operation of it the next step comes in between, 0
 * for none. What comes in between runs to its own end first, up to DEPTH deep:
 * so this does not see every order (worker_pool_explore.cpp does), but longer
 * lives and more of them. While a worker blocks, the steps that follow run
 * until it has a message, its time is over or it dies.
 *
 * After each step: a message went to an idle worker only; a worker runs one
 * thread, and a thread runs once, the oldest first. Where no step is in the
 * middle of another: every word, bit, state and figure is what has happened,
 * and whoever waits is not forgotten. At the end all goes on without more
 * trouble, and every thread must end.
 */

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <memory>
#include <utility>
#include <vector>

namespace native {
void before(const void* atomic, const char* operation, uint32_t operand);
inline void after(const void*, uint32_t) {}
} // namespace native

#include "interposed_atomic.h"

#include "adaptive_spin.h"

namespace {

constexpr int SLOTS = 5;
constexpr int DEPTH = 6;
// After this many atomic operations a step waits for another.
constexpr int LOOKS = 1000;
// At most this many steps bring all to its end.
constexpr int LAST_STEPS = 1000;

struct Model {
  static void
  wait(deputy::std::atomic<uint32_t>& word, uint32_t expected, int64_t ns);
  static void notify(deputy::std::atomic<uint32_t>&, uint32_t) {}
};

} // namespace

#include "no_spin.h"

#include "worker_pool.h"

#include "pool_view.h"

namespace {

using Pool = deputy::WorkerPool<Model, SLOTS>;
using View = native::View<Pool, SLOTS>;

} // namespace

NATIVE_VIEW(Pool);

namespace {

// ---- The world --------------------------------------------------------------

// ACTIVE: in the middle of a step. LOOKING: about to look for a thread to run.
enum Worker : uint8_t {
  NOBODY,
  LOADING,
  ACTIVE,
  LOOKING,
  RUNNING,
  PARKED,
  LEFT,
  DEAD
};

enum Life : uint8_t { FREE, ADMITTED, SUBMITTED, RUNS };

struct Thread {
  Life life = FREE;
  // RUNS: where.
  int slot = -1;
  // When its way to the queue began and was done.
  uint64_t begun = 0;
  uint64_t done = 0;
};

// X(step): what an input can say.
#define STEPS(X)                                                               \
  X(CREATE)                                                                    \
  X(ADMIT)                                                                     \
  X(SUBMIT)                                                                    \
  X(DISMISS)                                                                   \
  X(LOAD)                                                                      \
  X(LOOK)                                                                      \
  X(END)                                                                       \
  X(CRASH)                                                                     \
  X(RESIGN)                                                                    \
  X(WAKE)                                                                      \
  X(RESUME)                                                                    \
  X(TIME_OVER)                                                                 \
  X(DIE)                                                                       \
  X(GROW)                                                                      \
  X(SHRINK)                                                                    \
  X(VACATE)                                                                    \
  X(BURY)                                                                      \
  X(WITHDRAW)                                                                  \
  X(REFUSE)                                                                    \
  X(RESERVE)                                                                   \
  X(SET_LEAST)                                                                 \
  X(SET_SPARE)                                                                 \
  X(SET_MAX)

#define NAME_OF(step) step,
enum Step : uint8_t { STEPS(NAME_OF) STEP_COUNT };
#undef NAME_OF
#define NAME_OF(step) #step,
const char* const step_names[] = {STEPS(NAME_OF)};
#undef NAME_OF

struct World {
  Pool pool;
  View view{pool};
  deputy::std::atomic<bool> asked{false};
  // The UI's mail.
  bool has_grow = false;
  bool is_ui_active = false;
  Worker workers[SLOTS] = {};
  Thread threads[SLOTS];
  // The worker that blocks; its fate.
  int blocked = -1;
  bool is_time_over = false;
  bool must_die = false;
  // Of the step under way: atomic operations until the next comes in between.
  int countdown = 0;
  // How many it has made; the worker whose step it is, or -1.
  int made = 0;
  int active = -1;
  int depth = 0;
  uint64_t clock = 0;

  const uint8_t* data;
  const uint8_t* end;

  struct Entry {
    int depth;
    Step step;
    int whom;
  };
  std::vector<Entry> way;

  int read() { return data < end ? *data++ : 0; }
};

std::unique_ptr<World> world;

__attribute__((format(printf, 1, 2), noreturn)) void
violated(const char* format, ...) {
  printf("FAILED: ");
  va_list arguments;
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  printf("\n  the way there:\n");
  for (auto& entry : world->way) {
    printf("    %*s%s %d\n",
           2 * entry.depth,
           "",
           step_names[entry.step],
           entry.whom);
  }
  world->view.dump(stdout);
  fflush(stdout);
  abort();
}

// What a worker is thrown that dies; that waits for a message, or for a figure,
// which come from a step that this one is in between of: it tries again later.
struct Death {};
struct NoMessage {};
struct NoFigure {};

void take_step();

} // namespace

// ---- Hooks ------------------------------------------------------------------

void native::before(const void* atomic, const char* operation, uint32_t value) {
  if (world->countdown && !--world->countdown) {
    take_step();
    world->countdown = world->read();
  }
  // Whoever takes a thread from the queue lowers queued_ a moment later. Until
  // then the others look again and again.
  if (++world->made > 10 * LOOKS) {
    violated("a step never ends");
  }
  if (world->made > LOOKS && world->active >= 0 && *operation == 'l' &&
      atomic == &world->view.get<::View::QUEUED>() &&
      world->pool.word(world->active).peek() == Pool::BUSY) {
    if (world->depth < 2) {
      violated("slot %d looks for ever", world->active);
    }
    throw NoFigure();
  }
  for (int slot = 0; slot < SLOTS; slot++) {
    if (atomic == &world->pool.word(slot) && *operation == 's' &&
        (value == Pool::KICK || value >= Pool::START)) {
      uint32_t word = world->pool.word(slot).peek();
      if (word != Pool::HOT && word != Pool::PARKED) {
        violated("a message to the worker of slot %d, which is not idle", slot);
      }
    }
  }
}

void Model::wait(deputy::std::atomic<uint32_t>& word,
                 uint32_t expected,
                 int64_t ns) {
  if (word.peek() != expected) {
    return;
  }
  if (ns < 0) {
    throw NoMessage();
  }
  int slot = 0;
  while (&word != &world->pool.word(slot)) {
    slot++;
  }
  int outer = world->blocked;
  int countdown = world->countdown;
  world->blocked = slot;
  bool dies = false;
  while (word.peek() == expected && world->data < world->end &&
         world->depth < DEPTH) {
    world->countdown = 0;
    take_step();
    dies = world->must_die;
    if (world->is_time_over || dies) {
      world->is_time_over = world->must_die = false;
      break;
    }
  }
  world->countdown = countdown;
  world->blocked = outer;
  if (dies) {
    throw Death();
  }
}

namespace {

// ---- Threads ----------------------------------------------------------------

// The first slot or thread, from `whom` on, that is `what`; or -1.
int find(Worker what, int whom) {
  for (int i = 0; i < SLOTS; i++) {
    if (world->workers[(whom + i) % SLOTS] == what) {
      return (whom + i) % SLOTS;
    }
  }
  return -1;
}

int find(Life what, int whom) {
  for (int i = 0; i < SLOTS; i++) {
    if (world->threads[(whom + i) % SLOTS].life == what) {
      return (whom + i) % SLOTS;
    }
  }
  return -1;
}

// A parked worker that has a message; or -1.
int find_spoken_to() {
  for (int slot = 0; slot < SLOTS; slot++) {
    if (world->workers[slot] == PARKED &&
        world->pool.word(slot).peek() != Pool::PARKED) {
      return slot;
    }
  }
  return -1;
}

bool is_one_idle() {
  for (int slot = 0; slot < SLOTS; slot++) {
    if (world->view.is_hot(slot) || world->view.is_parked(slot)) {
      return true;
    }
  }
  return false;
}

int count(Life what) {
  int found = 0;
  for (auto& thread : world->threads) {
    found += thread.life == what;
  }
  return found;
}

void ask_for_missing() {
  if (world->pool.missing() > 0 && !world->asked.exchange(true)) {
    world->has_grow = true;
  }
}

int admit() {
  size_t steps = world->way.size();
  int live = world->pool.live();
  int max = world->pool.max().load();
  int thread = world->pool.admit();
  if (steps == world->way.size() && (thread == Pool::NONE) != (live >= max)) {
    violated("%d threads are alive, the limit is %d, and admit() returns %d",
             live,
             max,
             thread);
  }
  if (thread != Pool::NONE) {
    if (world->threads[thread].life != FREE) {
      violated("thread %d is had twice", thread);
    }
    world->threads[thread].life = ADMITTED;
  }
  return thread;
}

void submit(int thread) {
  Thread& submitted = world->threads[thread];
  submitted = {SUBMITTED, -1, ++world->clock, UINT64_MAX};
  world->pool.submit(thread);
  // (It may have run, and another have its place.)
  if (submitted.done == UINT64_MAX) {
    submitted.done = ++world->clock;
  }
  ask_for_missing();
}

// Its end is told.
void publish(int thread) {
  world->threads[thread].life = FREE;
  world->pool.dismiss(thread);
}

// ---- Workers, as in libdeputy_pool.js ---------------------------------------

// `thread` came out of the queue, with no step in between. (What the UI buries
// may be on its way into it.)
void check_order(int thread) {
  if (world->is_ui_active) {
    return;
  }
  for (int other = 0; other < SLOTS; other++) {
    if (world->pool.is_queued(other) &&
        world->threads[other].done < world->threads[thread].begun) {
      violated(
        "thread %d runs before thread %d, which is older", thread, other);
    }
  }
}

// Worker of `slot`: what a function of the pool's has returned.
void proceed(int slot, int next) {
  if (next == Pool::PARK) {
    world->workers[slot] = PARKED;
  } else if (next == Pool::LEAVE) {
    world->workers[slot] = LEFT;
  } else if (next < 0 || next >= SLOTS ||
             world->threads[next].life != SUBMITTED) {
    violated(
      "slot %d is to run thread %d, which was not submitted", slot, next);
  } else {
    world->threads[next].life = RUNS;
    world->threads[next].slot = slot;
    world->workers[slot] = RUNNING;
  }
}

// Has the worker of `slot` call a function of the pool's.
template<class Call> void work(int slot, Call call) {
  uint32_t states[SLOTS];
  for (int i = 0; i < SLOTS; i++) {
    states[i] = world->view.get<View::STATES>()[i].peek();
  }
  size_t steps = world->way.size();
  bool was_parked = world->workers[slot] == PARKED;
  world->workers[slot] = ACTIVE;
  world->active = slot;
  try {
    int next = call();
    proceed(slot, next);
    if (next >= 0 && steps == world->way.size() && (states[next] & 3) == 2) {
      world->countdown = 0;
      check_order(next);
    }
  } catch (Death) {
    world->workers[slot] = DEAD;
  } catch (NoFigure) {
    world->workers[slot] = LOOKING;
  } catch (NoMessage) {
    if (!was_parked) {
      violated("slot %d waits for a message that nobody is to send", slot);
    }
    world->workers[slot] = PARKED;
  }
}

constexpr int64_t SOME_NS = 1;

void load(int slot) {
  work(slot, [=] {
    world->pool.enter(slot);
    return world->pool.next(slot, SOME_NS, [] {});
  });
}

int thread_of(int slot) {
  for (int thread = 0; thread < SLOTS; thread++) {
    if (world->threads[thread].life == RUNS &&
        world->threads[thread].slot == slot) {
      return thread;
    }
  }
  violated("slot %d runs, and no thread does there", slot);
}

// Whether the worker of a thread that is over can be had, or has been, or has
// taken another.
bool can_be_had(int slot, int over) {
  for (int thread = 0; thread < SLOTS; thread++) {
    uint32_t state = world->view.get<View::STATES>()[thread].peek();
    if (thread != over && View::runs_on(state) == slot) {
      return true;
    }
  }
  return world->pool.word(slot).peek() != Pool::BUSY;
}

void end(int slot) {
  int over = thread_of(slot);
  int told = 0;
  work(slot, [&] {
    return world->pool.next(slot, SOME_NS, [&] {
      if (!can_be_had(slot, over)) {
        violated("the end of thread %d is told before its worker can be had",
                 over);
      }
      told++;
      publish(over);
    });
  });
  if (!told && world->workers[slot] == LOOKING) {
    world->workers[slot] = RUNNING;
  } else if (told != 1) {
    violated("the end of thread %d is told %d times", over, told);
  }
}

void leave(int slot, Step how) {
  int over = thread_of(slot);
  world->workers[slot] = ACTIVE;
  if (how == RESIGN) {
    world->pool.resign(slot);
  }
  publish(over);
  world->workers[slot] = how == RESIGN ? LEFT : DEAD;
}

// ---- The UI -----------------------------------------------------------------

void grow() {
  world->has_grow = false;
  world->asked.store(false);
  for (int missing = world->pool.missing(); missing > 0; missing--) {
    int slot = world->pool.open();
    if (slot == Pool::NONE) {
      // One that leaves is still there.
      world->has_grow = true;
      return;
    }
    if (world->workers[slot] != NOBODY) {
      violated("slot %d is opened, and a worker is there", slot);
    }
    world->workers[slot] = LOADING;
  }
}

void bury(int slot) {
  int thread;
  while ((thread = world->pool.bury(slot)) >= 0) {
    Thread& dead = world->threads[thread];
    if (dead.life != RUNS || dead.slot != slot) {
      violated("slot %d is buried with thread %d, which did not run there",
               slot,
               thread);
    }
    publish(thread);
  }
  // What it was told to run has been submitted again.
  for (auto& submitted : world->threads) {
    if (submitted.done != UINT64_MAX) {
      submitted.done = ++world->clock;
    }
  }
  // Or RETRY.
  if (thread == Pool::NONE) {
    world->workers[slot] = NOBODY;
    grow();
  }
}

bool withdraw() {
  int thread = world->pool.withdraw();
  if (thread == Pool::NONE) {
    return false;
  }
  if (world->threads[thread].life != SUBMITTED) {
    violated("thread %d is withdrawn, and was not submitted", thread);
  }
  publish(thread);
  return true;
}

void shrink() {
  size_t steps = world->way.size();
  int peak = world->view.get<View::PEAK>().peek();
  int least = world->pool.least().load();
  int spare = world->pool.spare().load();
  int before = world->pool.size();
  world->pool.shrink();
  int size = world->view.get<View::SIZE>().peek();
  int kept = peak + spare > least ? peak + spare : least;
  int max = world->view.get<View::MAX>().peek();
  kept = kept < max ? kept : max;
  if (steps == world->way.size() &&
      ((size < before && size < kept) || (size > kept && is_one_idle()))) {
    violated(
      "%d of %d workers stay, of which %d are needed", size, before, kept);
  }
  ask_for_missing();
}

// No more workers can be had: _emscripten_deputy_pool_refuse() in
// worker_pool.cpp.
void refuse() {
  int size = world->pool.size();
  world->pool.max() = size < 1 ? 1 : size;
  while (withdraw()) {
  }
  ask_for_missing();
}

// ---- Steps ------------------------------------------------------------------

void perform_ui(Step step, int whom) {
  int slot;
  switch (step) {
    case GROW:
      grow();
      break;
    case SHRINK:
      shrink();
      break;
    case VACATE:
      if ((slot = find(LEFT, whom)) >= 0) {
        world->pool.vacate(slot);
        world->workers[slot] = NOBODY;
        grow();
      }
      break;
    case BURY:
      if ((slot = find(DEAD, whom)) >= 0) {
        bury(slot);
      }
      break;
    case WITHDRAW:
      withdraw();
      break;
    default:
      refuse();
  }
}

// A program's wishes; the UI looks what follows.
void set(deputy::std::atomic<int>& bound, int value) {
  bound.store(value);
  world->has_grow = true;
}

void die(int whom) {
  int slot = whom % SLOTS;
  Worker& worker = world->workers[slot];
  if (slot == world->blocked) {
    world->must_die = true;
  } else if (worker == LOADING || worker == LOOKING || worker == RUNNING ||
             worker == PARKED) {
    worker = DEAD;
  }
}

void perform(Step step, int whom) {
  int slot;
  int thread;
  switch (step) {
    case CREATE:
      if ((thread = admit()) >= 0) {
        submit(thread);
      }
      break;
    case ADMIT:
      admit();
      break;
    case SUBMIT:
      if ((thread = find(ADMITTED, whom)) >= 0) {
        submit(thread);
      }
      break;
    case DISMISS:
      if ((thread = find(ADMITTED, whom)) >= 0) {
        publish(thread);
      }
      break;
    case LOAD:
      if ((slot = find(LOADING, whom)) >= 0) {
        load(slot);
      }
      break;
    case LOOK:
      if ((slot = find(LOOKING, whom)) >= 0) {
        work(slot, [=] { return world->pool.next(slot, SOME_NS, [] {}); });
      }
      break;
    case END:
      if ((slot = find(RUNNING, whom)) >= 0) {
        end(slot);
      }
      break;
    case CRASH:
    case RESIGN:
      if ((slot = find(RUNNING, whom)) >= 0) {
        leave(slot, step);
      }
      break;
    case WAKE:
      if ((slot = find(PARKED, whom)) >= 0) {
        work(slot, [=] { return world->pool.woken(slot, SOME_NS); });
      }
      break;
    case RESUME:
      if ((slot = find(PARKED, whom)) >= 0) {
        work(slot, [=] { return world->pool.resume(slot, SOME_NS); });
      }
      break;
    case TIME_OVER:
      world->is_time_over = world->blocked >= 0;
      break;
    case DIE:
      die(whom);
      break;
    case RESERVE:
      world->pool.reserve(whom % (SLOTS + 1));
      ask_for_missing();
      break;
    case SET_LEAST:
      set(world->pool.least(), whom % (SLOTS + 1));
      break;
    case SET_SPARE:
      set(world->pool.spare(), whom % (SLOTS + 1));
      break;
    case SET_MAX:
      set(world->pool.max(), 1 + whom % SLOTS);
      break;
    default:
      if (!world->is_ui_active) {
        world->is_ui_active = true;
        perform_ui(step, whom);
        world->is_ui_active = false;
      }
  }
}

// ---- What always holds ------------------------------------------------------

// Of a slot: whether the word is what its worker is at.
bool is_right(int slot) {
  uint32_t word = world->pool.word(slot).peek();
  switch (world->workers[slot]) {
    case NOBODY:
      return word == Pool::EMPTY;
    case LOADING:
      return word == Pool::LOADING;
    case LOOKING:
    case RUNNING:
      return word == Pool::BUSY;
    case PARKED:
      return word >= Pool::PARKED;
    case LEFT:
      return word == Pool::RETIRE;
    default:
      return word != Pool::EMPTY;
  }
}

bool is_right(const Thread& thread, int index) {
  Pool& pool = world->pool;
  int slot = pool.slot_of(index);
  switch (thread.life) {
    case FREE:
      return !world->view.get<View::STATES>()[index].peek();
    case ADMITTED:
      return pool.is_admitted(index);
    case SUBMITTED:
      return pool.is_queued(index) ||
             (slot >= 0 && pool.word(slot).peek() == Pool::START + index);
    default:
      return slot == thread.slot;
  }
}

// In the middle of nothing.
void check() {
  Pool& pool = world->pool;
  View& view = world->view;
  int size = 0;
  int loading = 0;
  int kicked = 0;
  int coming = world->has_grow;
  for (int slot = 0; slot < SLOTS; slot++) {
    uint32_t word = pool.word(slot).peek();
    if (!is_right(slot) || view.is_hot(slot) != (word == Pool::HOT) ||
        view.is_parked(slot) != (word == Pool::PARKED)) {
      violated(
        "slot %d is not what its worker is at, %d", slot, world->workers[slot]);
    }
    size += word != Pool::EMPTY && word != Pool::RETIRE;
    loading += word == Pool::LOADING;
    kicked += word == Pool::KICK || world->workers[slot] == LOOKING;
    coming |= world->workers[slot] == LEFT || world->workers[slot] == DEAD;
  }
  int queued = 0;
  for (int i = 0; i < SLOTS; i++) {
    if (!is_right(world->threads[i], i)) {
      violated(
        "thread %d is not what it should be, %d", i, world->threads[i].life);
    }
    queued += pool.is_queued(i);
  }
  if (view.get<View::SIZE>().peek() != size ||
      view.get<View::LOADING>().peek() != loading) {
    violated("size() should be %d, %d of them loading", size, loading);
  }
  if (view.get<View::LIVE>().peek() != SLOTS - count(FREE) ||
      view.get<View::QUEUED>().peek() != queued) {
    violated("live() should be %d, queued() %d", SLOTS - count(FREE), queued);
  }
  if (queued && is_one_idle() && !kicked) {
    violated("a thread waits, a worker is idle, and nobody told it");
  }
  int started = count(SUBMITTED) + count(RUNS);
  int max = view.get<View::MAX>().peek();
  if (size < (started < max ? started : max) && !coming) {
    violated("%d workers for %d threads, and nobody asked", size, started);
  }
}

void run(Step step, int whom, int countdown) {
  world->way.push_back({world->depth, step, whom});
  world->countdown = countdown;
  int made = std::exchange(world->made, 0);
  int active = std::exchange(world->active, -1);
  world->depth++;
  perform(step, whom);
  world->depth--;
  world->active = active;
  world->made = made;
  world->countdown = 0;
  if (!world->depth) {
    check();
  }
}

// The next of the input.
void take_step() {
  if (world->data < world->end && world->depth < DEPTH) {
    Step step = static_cast<Step>(world->read() % STEP_COUNT);
    int whom = world->read();
    run(step, whom, world->read());
  }
}

// Without more trouble, every thread comes to its end.
void finish() {
  auto go_on = [](Step step, int whom = 0) { run(step, whom, 0); };
  for (int steps = 0;; steps++) {
    if (steps == LAST_STEPS) {
      violated("it never ends");
    }
    if (find(ADMITTED, 0) >= 0) {
      go_on(SUBMIT);
    } else if (find(LEFT, 0) >= 0) {
      go_on(VACATE);
    } else if (find(DEAD, 0) >= 0) {
      go_on(BURY);
    } else if (find(LOADING, 0) >= 0) {
      go_on(LOAD);
    } else if (find(LOOKING, 0) >= 0) {
      go_on(LOOK);
    } else if (find(RUNNING, 0) >= 0) {
      go_on(END);
    } else if (int slot = find_spoken_to(); slot >= 0) {
      go_on(WAKE, slot);
    } else if (world->has_grow && world->pool.missing() > 0) {
      go_on(GROW);
    } else {
      break;
    }
  }
  if (count(FREE) != SLOTS) {
    violated("a thread was submitted, and nobody runs it");
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  world = std::make_unique<World>();
  world->data = data;
  world->end = data + size;
  // Tickets wrap.
  world->view.get<View::TICKETS>() = -(world->read() / 8);
  while (world->data < world->end) {
    take_step();
  }
  finish();
  return 0;
}

#ifdef DRIVER
#include "fuzz_driver.h"

std::vector<uint8_t> native::make(Random& random) {
  std::vector<uint8_t> data{static_cast<uint8_t>(random.below(256))};
  for (uint32_t steps = 5 + random.below(100); steps--;) {
    data.push_back(random.below(3) ? random.below(GROW + 1)
                                   : random.below(STEP_COUNT));
    data.push_back(random.below(SLOTS + 1));
    data.push_back(random.below(3) ? 0 : random.below(12));
  }
  return data;
}
#endif
