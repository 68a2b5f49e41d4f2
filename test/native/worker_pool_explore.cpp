/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Proves system/lib/deputy/worker_pool.h, the code itself, in small: every
 * interleaving of up to three workers, three creators and the UI, atomic
 * operation by atomic operation (explorer.h says under which conditions). Time
 * passes, and workers die, at every moment at which they can: a worker may die
 * while it runs a thread, blocks or is parked, also after it was spoken to.
 *
 *   worker_pool_explore [--large] [CASE ...]   these cases, or all
 *   worker_pool_explore OPTION=NUMBER ...      a case of one's own
 *
 * In every state: a message goes to an idle worker only, to each one message; a
 * worker runs one thread; a thread runs once; there are no more workers than
 * threads were alive, and spare ones. Wherever all that is left to do is wait:
 * every thread has ended, no figure is off. And from every state there is a way
 * to such an end.
 */

#include <stdint.h>

#include "explorer.h"

namespace native {
void before(const void* atomic, const char* operation, uint32_t operand);
void after(const void* atomic, uint32_t value);
} // namespace native

#include "interposed_atomic.h"

#include "adaptive_spin.h"

namespace {

constexpr int SLOTS = 3;
constexpr int JOBS = 8;
constexpr uint64_t MOST_STATES = 50000000;

// The futex, as the explorer has it. A worker that sleeps may die.
struct Model {
  static void
  wait(deputy::std::atomic<uint32_t>& word, uint32_t expected, int64_t ns);
  static void notify(deputy::std::atomic<uint32_t>& word, uint32_t count);
};

} // namespace

#include "no_spin.h"

#include "worker_pool.h"

#include "pool_view.h"

namespace {

using Pool = deputy::WorkerPool<Model, SLOTS>;

} // namespace

NATIVE_VIEW(Pool);

namespace {

struct Case {
  const char* name;
  const char* promise;
  // Workers that are idle at the start, creators, threads of each.
  int workers = 0;
  int creators = 0;
  int threads = 0;
  // The bounds.
  int max = SLOTS;
  int spare = 0;
  // Of the UI: how often it retires what is idle.
  int shrinks = 0;
  // Of the UI: how many threads it takes out of the queue.
  int withdrawals = 0;
  // How many workers die, idle or running; how many crash with their thread;
  // how many leave after it.
  int deaths = 0;
  int crashes = 0;
  int resigns = 0;
  // Whether a creator waits for its thread before it makes the next.
  int joins = 0;
  // Whether a HOT worker parks after a time; how often a PARKED one blocks
  // again instead of being woken.
  int parks = 0;
  int resumes = 0;
  // Whether threads run in the order of their creation.
  int ordered = 0;
  // Whether the UI starts no workers.
  int fixed = 0;
  // Whether creators only admit threads; and dismiss them.
  int admits = 0;
  int dismisses = 0;
  // Whether there were as many threads as there can be before: fewer states.
  int seasoned = 0;
  // Whether it takes long.
  int large = 0;
};

enum Job : uint8_t { NONE, SUBMITTED, RUNNING, ENDED, DIED };

// All that changes, besides the fibers.
struct World {
  Pool pool;
  deputy::std::atomic<bool> asked{false};
  bool has_begun = false;
  // By thread: its job. By slot: the job that runs there, or -1.
  int8_t starts[SLOTS] = {-1, -1, -1};
  bool is_had[SLOTS] = {};
  int8_t running[SLOTS] = {-1, -1, -1};
  Job jobs[JOBS] = {};
  int8_t made = 0;
  // One more than the job that ran last.
  int8_t ran = 0;
  int8_t refused = 0;
  int8_t creators_left = 0;
  // Messages to the UI, and to workers.
  bool grow = false;
  bool left[SLOTS] = {};
  bool dead[SLOTS] = {};
  bool opened[SLOTS] = {};
  bool is_there[SLOTS] = {};
  // Of `Case`: how many are still to come.
  int8_t shrinks = 0;
  int8_t withdrawals = 0;
  int8_t deaths = 0;
  int8_t crashes = 0;
  int8_t resigns = 0;
  int8_t resumes = 0;
  // At least, and at most, this many threads are alive; the most there were.
  int8_t lower = 0;
  int8_t upper = 0;
  int8_t peak = 0;
  // By fiber: what it has loaded with its last operation.
  const void* loaded[explorer::FIBERS] = {};
};

World world;
const Case* options;

native::View<Pool, SLOTS> view{world.pool};

// Of a case in which workers neither come nor go.
bool is_steady() {
  return options->fixed ||
         (options->workers == options->max && !options->shrinks &&
          !options->deaths && !options->crashes && !options->resigns);
}

// Whether the atomic can never change again: then it does not matter when it is
// loaded.
bool is_constant(const void* address) {
  using View = decltype(view);
  return address == &view.get<View::LEAST>() ||
         address == &view.get<View::SPARE>() ||
         address == &view.get<View::MAX>() ||
         (address == &view.get<View::USED>() &&
          view.get<View::USED>().peek() == SLOTS) ||
         (address == &view.get<View::PEAK>() && !world.shrinks &&
          view.get<View::PEAK>().peek() == options->max) ||
         (address == &view.get<View::SIZE>() && is_steady());
}

int slot_of_word(const void* address) {
  for (int slot = 0; slot < SLOTS; slot++) {
    if (address == &world.pool.word(slot)) {
      return slot;
    }
  }
  return -1;
}

// Whether the atomic is the word of the worker itself, which nobody else speaks
// to before it is idle (the UI's open() looks at it, for whether it is EMPTY):
// it does not matter what others do before.
bool is_its_own(const void* address) {
  int slot = explorer::current;
  if (slot >= SLOTS || address != &world.pool.word(slot)) {
    return false;
  }
  uint32_t word = world.pool.word(slot).peek();
  return word != Pool::HOT && word != Pool::PARKED;
}

const char* operation_now;

} // namespace

// ---- Hooks ------------------------------------------------------------------

// A fiber's, or the scheduler's own look.
void native::before(const void* atomic, const char* operation, uint32_t value) {
  if (explorer::current < 0 || is_constant(atomic)) {
    return;
  }
  // From a load to a compare_exchange of the same atomic nobody else need go
  // on: where somebody changes it, the exchange fails, and all begins with the
  // load again.
  const void*& loaded = world.loaded[explorer::current];
  if (!is_its_own(atomic) && (*operation != 'c' || loaded != atomic)) {
    explorer::point();
  }
  loaded = *operation == 'l' ? atomic : nullptr;
  if (explorer::is_tracing) {
    operation_now = operation;
    printf("    %s: %s ", explorer::fibers[explorer::current].name, operation);
    view.print_name(stdout, atomic);
    if (!strcmp(operation, "store") || !strcmp(operation, "compare_exchange")) {
      fputs(" <- ", stdout);
      view.print_value(stdout, atomic, value);
    } else if (*operation == 'f') {
      printf(" %d", static_cast<int>(value));
    }
  }
  int slot = slot_of_word(atomic);
  if (slot >= 0 && slot != explorer::current && *operation == 's' &&
      value >= Pool::KICK) {
    uint32_t idle = world.pool.word(slot).peek();
    if (idle != Pool::HOT && idle != Pool::PARKED) {
      explorer::fail("a message to the worker of slot %d, which is not idle",
                     slot);
    }
  }
}

void native::after(const void* atomic, uint32_t value) {
  if (explorer::is_tracing && explorer::current >= 0 && !is_constant(atomic)) {
    if (*operation_now != 's') {
      fputs(": ", stdout);
      view.print_value(stdout, atomic, value);
    }
    fputc('\n', stdout);
  }
}

void Model::wait(deputy::std::atomic<uint32_t>& word,
                 uint32_t expected,
                 int64_t ns) {
  explorer::point();
  bool sleeps = word.peek() == expected;
  if (explorer::is_tracing) {
    printf("    %s: wait for slot %d%s\n",
           explorer::fibers[explorer::current].name,
           slot_of_word(&word),
           sleeps ? "" : ": not equal");
  }
  if (sleeps) {
    explorer::set_mortal(true);
    explorer::sleep(&word, ns >= 0);
    explorer::set_mortal(false);
  }
}

void Model::notify(deputy::std::atomic<uint32_t>& word, uint32_t) {
  explorer::point();
  if (explorer::is_tracing) {
    printf("    %s: notify slot %d\n",
           explorer::fibers[explorer::current].name,
           slot_of_word(&word));
  }
  explorer::wake(&word);
}

namespace {

// ---- Threads ----------------------------------------------------------------

void ask_for_missing() {
  if (!is_steady() && world.pool.missing() > 0 && !world.asked.exchange(true)) {
    world.grow = true;
  }
}

// Of a thread that was admitted.
void dismiss(int thread) {
  world.lower--;
  world.is_had[thread] = false;
  world.pool.dismiss(thread);
  world.upper--;
}

void publish(int thread, Job how) {
  int job = world.starts[thread];
  dismiss(thread);
  if (world.jobs[job] != RUNNING) {
    explorer::fail("job %d ends, and does not run", job);
  }
  world.jobs[job] = how;
}

int admit() {
  world.upper++;
  if (world.peak < world.upper) {
    world.peak = world.upper;
  }
  int thread = world.pool.admit();
  if (thread == Pool::NONE) {
    world.upper--;
    world.refused++;
    return thread;
  }
  if (++world.lower > options->max) {
    explorer::fail(
      "%d threads are alive, and the limit is %d", world.lower, options->max);
  }
  return thread;
}

bool has_begun(int) { return world.has_begun; }

bool is_over(int job) { return world.jobs[job] >= ENDED; }

void create(int) {
  explorer::until(has_begun, 0);
  for (int i = 0; i < options->threads; i++) {
    int thread = admit();
    if (thread == Pool::NONE) {
      continue;
    }
    int job = world.made++;
    if (world.is_had[thread]) {
      explorer::fail("thread %d is had twice", thread);
    }
    world.is_had[thread] = true;
    world.starts[thread] = job;
    world.jobs[job] = SUBMITTED;
    if (options->admits) {
      if (options->dismisses) {
        world.jobs[job] = ENDED;
        dismiss(thread);
      }
      continue;
    }
    world.pool.submit(thread);
    ask_for_missing();
    if (options->joins) {
      explorer::until(is_over, job);
    }
  }
  world.creators_left--;
}

// ---- Workers, as in libdeputy_pool.js ---------------------------------------

int64_t hot_ns() { return options->parks ? 1 : -1; }

bool is_opened(int slot) { return world.opened[slot]; }

// Returns whether the worker lives on.
bool run(int slot, int thread) {
  int job = world.starts[thread];
  if (world.running[slot] >= 0) {
    explorer::fail("slot %d runs two threads", slot);
  }
  if (world.jobs[job] != SUBMITTED) {
    explorer::fail("job %d runs twice", job);
  }
  if (options->ordered && job < world.ran) {
    explorer::fail("job %d runs after job %d", job, world.ran - 1);
  }
  world.ran = job + 1;
  world.jobs[job] = RUNNING;
  world.running[slot] = job;
  bool crashes = false;
  if (options->deaths || options->crashes) {
    explorer::set_mortal(true);
    crashes = explorer::choose(world.crashes ? 2 : 1);
    explorer::set_mortal(false);
  }
  world.running[slot] = -1;
  if (crashes) {
    if (!world.crashes) {
      return true;
    }
    world.crashes--;
    publish(thread, DIED);
  }
  return !crashes;
}

// Whether the worker of a thread that is over can be had, or has been, or has
// taken another.
bool can_be_had(int slot, int over) {
  for (int thread = 0; thread < SLOTS; thread++) {
    uint32_t state = view.get<decltype(view)::STATES>()[thread].peek();
    if (thread != over && view.runs_on(state) == slot) {
      return true;
    }
  }
  return world.pool.word(slot).peek() != Pool::BUSY;
}

// Until it has to leave. Returns whether it lives on.
bool proceed(int slot, int next) {
  while (next != Pool::LEAVE) {
    if (next == Pool::PARK) {
      if (world.resumes && explorer::choose(2) && world.resumes) {
        world.resumes--;
        next = world.pool.resume(slot, hot_ns());
      } else {
        // Atomics.waitAsync
        Model::wait(world.pool.word(slot), Pool::PARKED, -1);
        next = world.pool.woken(slot, hot_ns());
      }
    } else {
      if (!run(slot, next)) {
        return false;
      }
      int over = next;
      if (world.resigns && explorer::choose(2) && world.resigns) {
        world.resigns--;
        world.pool.resign(slot);
        publish(over, ENDED);
        return true;
      }
      next = world.pool.next(slot, hot_ns(), [=] {
        if (!can_be_had(slot, over)) {
          explorer::fail("the end of a thread is told before its worker can be "
                         "had");
        }
        publish(over, ENDED);
      });
    }
  }
  return true;
}

void work(int slot) {
  for (;;) {
    explorer::until(is_opened, slot);
    world.opened[slot] = false;
    world.is_there[slot] = true;
    world.pool.enter(slot);
    bool leaves = proceed(slot, world.pool.next(slot, hot_ns(), [] {}));
    world.is_there[slot] = false;
    (leaves ? world.left : world.dead)[slot] = true;
  }
}

// ---- The UI -----------------------------------------------------------------

bool open_one() {
  int slot = world.pool.open();
  if (slot == Pool::NONE) {
    return false;
  }
  if (world.is_there[slot] || world.opened[slot] || world.left[slot] ||
      world.dead[slot]) {
    explorer::fail("slot %d is opened, and a worker is there", slot);
  }
  world.opened[slot] = true;
  return true;
}

void grow() {
  world.grow = false;
  world.asked.store(false);
  if (options->fixed) {
    return;
  }
  for (int missing = world.pool.missing(); missing > 0; missing--) {
    if (!open_one()) {
      // One that leaves is still there.
      world.grow = true;
      return;
    }
    int bound = world.peak + options->spare;
    if (view.get<decltype(view)::SIZE>().peek() > bound) {
      explorer::fail("more than %d workers, and no more than %d threads were "
                     "alive",
                     bound,
                     world.peak);
    }
  }
}

void bury(int slot) {
  int thread;
  while ((thread = world.pool.bury(slot)) >= 0) {
    if (world.jobs[world.starts[thread]] != RUNNING) {
      explorer::fail("bury() gives back a thread that did not run");
    }
    publish(thread, DIED);
  }
  // RETRY: the message stays.
  if (thread == Pool::NONE) {
    world.dead[slot] = false;
    grow();
  }
}

void withdraw() {
  world.withdrawals--;
  int thread = world.pool.withdraw();
  if (thread == Pool::NONE) {
    return;
  }
  Job& job = world.jobs[world.starts[thread]];
  if (job != SUBMITTED) {
    explorer::fail("withdraw() gives back a thread that ran");
  }
  job = RUNNING;
  publish(thread, DIED);
}

enum Event {
  GROW,
  SHRINK,
  WITHDRAW,
  LEFT,
  DEAD = LEFT + SLOTS,
  EVENTS = DEAD + SLOTS
};

bool has_event(int event) {
  if (event == GROW) {
    for (int slot = 0; slot < SLOTS; slot++) {
      if (world.pool.word(slot).peek() == Pool::EMPTY) {
        return world.grow;
      }
    }
    return false;
  }
  if (event == SHRINK) {
    return world.has_begun && world.shrinks;
  }
  if (event == WITHDRAW) {
    return world.has_begun && world.withdrawals;
  }
  return event < DEAD ? world.left[event - LEFT] : world.dead[event - DEAD];
}

int events(int* list) {
  int count = 0;
  for (int event = 0; event < EVENTS; event++) {
    if (has_event(event)) {
      list[count++] = event;
    }
  }
  return count;
}

bool has_events(int) {
  int list[EVENTS];
  return events(list);
}

void serve(int) {
  for (;;) {
    explorer::until(has_events, 0);
    int list[EVENTS];
    int count = events(list);
    int event = list[count > 1 ? explorer::choose(count) : 0];
    if (event == GROW) {
      grow();
    } else if (event == SHRINK) {
      world.shrinks--;
      world.pool.shrink();
      ask_for_missing();
    } else if (event == WITHDRAW) {
      withdraw();
    } else if (event < DEAD) {
      world.left[event - LEFT] = false;
      world.pool.vacate(event - LEFT);
      grow();
    } else {
      bury(event - DEAD);
    }
  }
}

// ---- For the explorer -------------------------------------------------------

bool may_die(int fiber) { return fiber < SLOTS && world.deaths; }

void died(int slot) {
  world.deaths--;
  world.running[slot] = -1;
  world.is_there[slot] = false;
  world.dead[slot] = true;
}

// Nobody can go on.
const char* end() {
  using View = decltype(view);
  if (options->admits) {
    int kept = options->dismisses ? 0 : options->max;
    int refused = options->creators * options->threads - kept;
    return world.creators_left                     ? "a creator hangs"
           : view.get<View::LIVE>().peek() != kept ? "live() is off"
           : kept && world.refused != refused ? "admit() fails before the limit"
           : world.refused && world.peak <= options->max
             ? "admit() fails, and the limit is not reached"
             : nullptr;
  }
  for (int job = 0; job < world.made; job++) {
    if (world.jobs[job] == SUBMITTED) {
      return "a thread was submitted, and nobody runs it";
    }
    if (world.jobs[job] == RUNNING) {
      return "a thread ran, and its end was never told";
    }
  }
  if (world.creators_left) {
    return "a creator hangs";
  }
  int workers = 0;
  for (int slot = 0; slot < SLOTS; slot++) {
    uint32_t word = world.pool.word(slot).peek();
    if (view.is_hot(slot) != (word == Pool::HOT) ||
        view.is_parked(slot) != (word == Pool::PARKED)) {
      return "a worker sleeps, and cannot be had";
    }
    if (world.is_there[slot] != (word != Pool::EMPTY)) {
      return "a slot without a worker is not free";
    }
    workers += world.is_there[slot];
  }
  return view.get<View::LIVE>().peek()      ? "live() is not 0"
         : view.get<View::QUEUED>().peek()  ? "queued() is not 0"
         : view.get<View::LOADING>().peek() ? "a worker counts as loading"
         : view.get<View::SIZE>().peek() != workers
           ? "size() is not the number of workers"
         : world.pool.missing() > 0 && !options->fixed
           ? "workers are missing, and nobody asked"
           : nullptr;
}

void dump(FILE* out) {
  view.dump(out);
  static const char* const names[] = {
    "none", "submitted", "runs", "has ended", "died"};
  for (int job = 0; job < world.made; job++) {
    fprintf(out, "  job %d: %s\n", job, names[world.jobs[job]]);
  }
}

const explorer::Subject subject = {
  &world, sizeof world, end, may_die, died, dump};

// ---- The cases --------------------------------------------------------------

const Case cases[] = {
  {.name = "start",
   .promise = "three workers that block get two threads each of two creators",
   .workers = 3,
   .creators = 2,
   .threads = 2,
   .seasoned = 1},
  {.name = "queue",
   .promise = "one worker runs what two creators give it at a time",
   .workers = 1,
   .creators = 2,
   .threads = 1,
   .max = 1},
  {.name = "hand-over",
   .promise = "one worker is idle, another is asked for, for two creators",
   .workers = 1,
   .creators = 2,
   .threads = 1,
   .max = 2},
  {.name = "park",
   .promise = "a worker parks while two creators give it threads",
   .workers = 1,
   .creators = 2,
   .threads = 1,
   .max = 1,
   .parks = 1,
   .seasoned = 1},
  {.name = "resume",
   .promise = "a worker parks and blocks again while it is given threads",
   .workers = 2,
   .creators = 1,
   .threads = 1,
   .max = 2,
   .parks = 1,
   .resumes = 1,
   .seasoned = 1},
  {.name = "grow",
   .promise = "workers are asked for, and are no more than threads were",
   .creators = 1,
   .threads = 2},
  {.name = "spare",
   .promise = "a worker is ahead of need, no more",
   .creators = 1,
   .threads = 1,
   .max = 2,
   .spare = 1},
  {.name = "join",
   .promise = "who creates and joins needs one worker, which can be had",
   .workers = 1,
   .creators = 1,
   .threads = 3,
   .joins = 1,
   .parks = 1},
  {.name = "retire",
   .promise = "idle workers are retired while one is given a thread",
   .workers = 3,
   .creators = 1,
   .threads = 1,
   .shrinks = 1},
  {.name = "retire-parked",
   .promise = "a worker that parks is retired while it is given a thread",
   .workers = 1,
   .creators = 1,
   .threads = 1,
   .max = 1,
   .shrinks = 1,
   .parks = 1},
  {.name = "withdraw",
   .promise = "the UI ends a thread that waits, while a worker takes it",
   .workers = 1,
   .creators = 1,
   .threads = 2,
   .withdrawals = 1,
   .fixed = 1,
   .seasoned = 1},
  {.name = "death",
   .promise = "a worker dies idle, spoken to, or running",
   .workers = 1,
   .creators = 2,
   .threads = 1,
   .max = 1,
   .deaths = 1,
   .seasoned = 1},
  {.name = "death-parked",
   .promise = "two deaths, of workers that park and block again",
   .workers = 1,
   .creators = 1,
   .threads = 1,
   .max = 1,
   .deaths = 2,
   .parks = 1,
   .resumes = 1,
   .seasoned = 1},
  {.name = "death-retire",
   .promise = "a worker dies while it is retired",
   .workers = 1,
   .creators = 1,
   .threads = 1,
   .max = 1,
   .shrinks = 1,
   .deaths = 1},
  {.name = "crash",
   .promise = "a worker crashes with its thread",
   .workers = 2,
   .creators = 2,
   .threads = 1,
   .max = 2,
   .crashes = 1,
   .seasoned = 1},
  {.name = "resign",
   .promise = "a worker leaves after its thread",
   .workers = 2,
   .creators = 2,
   .threads = 1,
   .max = 2,
   .resigns = 1,
   .seasoned = 1},
  {.name = "order",
   .promise = "one worker runs threads in the order of their creation",
   .workers = 1,
   .creators = 1,
   .threads = 3,
   .ordered = 1,
   .fixed = 1},
  {.name = "limit",
   .promise = "admit() fails at the limit, and not before",
   .creators = 3,
   .threads = 1,
   .max = 2,
   .admits = 1},
  {.name = "limit-dismiss",
   .promise = "admit() fails at the limit only, while threads end",
   .creators = 3,
   .threads = 2,
   .max = 2,
   .admits = 1,
   .dismisses = 1},
  {.name = "park-two",
   .promise = "two workers park while one creator gives them two threads",
   .workers = 2,
   .creators = 1,
   .threads = 2,
   .max = 2,
   .parks = 1,
   .seasoned = 1,
   .large = 1},
  {.name = "grow-two",
   .promise = "two creators ask for workers",
   .creators = 2,
   .threads = 1,
   .large = 1},
  {.name = "retire-two",
   .promise = "two workers park and are retired while one is given a thread",
   .workers = 2,
   .creators = 1,
   .threads = 1,
   .max = 2,
   .shrinks = 1,
   .parks = 1,
   .seasoned = 1,
   .large = 1},
  {.name = "retire-join",
   .promise = "who creates and joins, while workers are retired twice",
   .workers = 1,
   .creators = 1,
   .threads = 2,
   .max = 2,
   .shrinks = 2,
   .joins = 1,
   .large = 1},
  {.name = "death-two",
   .promise = "one of two workers dies, between two creators",
   .workers = 2,
   .creators = 2,
   .threads = 1,
   .max = 2,
   .deaths = 1,
   .seasoned = 1,
   .large = 1},
};

bool explore(const Case& chosen) {
  options = &chosen;
  world.pool.max() = chosen.max;
  world.pool.spare() = chosen.spare;
  world.peak = chosen.workers;
  if (chosen.seasoned) {
    view.get<decltype(view)::USED>() = SLOTS;
    view.get<decltype(view)::PEAK>() = chosen.max;
    world.peak = chosen.max;
  }
  for (int slot = 0; slot < SLOTS; slot++) {
    static const char* const names[] = {"worker 0", "worker 1", "worker 2"};
    explorer::spawn(names[slot], work, slot);
  }
  explorer::spawn("UI", serve, 0);
  for (int i = 0; i < chosen.creators; i++) {
    static const char* const names[] = {"creator 0", "creator 1", "creator 2"};
    explorer::spawn(names[i], create, i);
  }
  for (int i = 0; i < chosen.workers; i++) {
    open_one();
  }
  explorer::settle(subject);
  world.creators_left = chosen.creators;
  world.shrinks = chosen.shrinks;
  world.withdrawals = chosen.withdrawals;
  world.deaths = chosen.deaths;
  world.crashes = chosen.crashes;
  world.resigns = chosen.resigns;
  world.resumes = chosen.resumes;
  world.has_begun = true;
  return explorer::keeps(subject, MOST_STATES, chosen.name, chosen.promise);
}

// ---- The command line
// --------------------------------------------------------

struct Option {
  const char* name;
  int Case::* value;
};

const Option case_options[] = {{"workers", &Case::workers},
                               {"creators", &Case::creators},
                               {"threads", &Case::threads},
                               {"max", &Case::max},
                               {"spare", &Case::spare},
                               {"shrinks", &Case::shrinks},
                               {"withdrawals", &Case::withdrawals},
                               {"deaths", &Case::deaths},
                               {"crashes", &Case::crashes},
                               {"resigns", &Case::resigns},
                               {"joins", &Case::joins},
                               {"parks", &Case::parks},
                               {"resumes", &Case::resumes},
                               {"ordered", &Case::ordered},
                               {"fixed", &Case::fixed},
                               {"admits", &Case::admits},
                               {"dismisses", &Case::dismisses},
                               {"seasoned", &Case::seasoned}};

// NAME=VALUE of a case of one's own.
bool set_option(Case& own, const char* argument) {
  const char* equals = strchr(argument, '=');
  for (const Option& option : case_options) {
    size_t length = strlen(option.name);
    if (equals == argument + length &&
        !strncmp(argument, option.name, length)) {
      own.*option.value = atoi(equals + 1);
      return true;
    }
  }
  return false;
}

[[noreturn]] void explain_usage() {
  fputs("worker_pool_explore [--large] [CASE ...]\n"
        "worker_pool_explore OPTION=NUMBER ...\n"
        "cases:\n",
        stderr);
  for (const Case& one : cases) {
    fprintf(stderr, "  %-14s %s\n", one.name, one.promise);
  }
  fputs("options:", stderr);
  for (const Option& option : case_options) {
    fprintf(stderr, " %s", option.name);
  }
  fputc('\n', stderr);
  exit(2);
}

} // namespace

int main(int argc, char** argv) {
  bool is_large = false;
  std::vector<Case> chosen;
  Case own = {.name = "own", .promise = "what the command line asked for"};
  bool has_own = false;
  for (int i = 1; i < argc; i++) {
    size_t before = chosen.size();
    for (const Case& one : cases) {
      if (!strcmp(argv[i], one.name)) {
        chosen.push_back(one);
      }
    }
    if (!strcmp(argv[i], "--large")) {
      is_large = true;
    } else if (set_option(own, argv[i])) {
      has_own = true;
    } else if (chosen.size() == before) {
      explain_usage();
    }
  }
  if (has_own) {
    chosen.push_back(own);
  }
  if (chosen.empty()) {
    for (const Case& one : cases) {
      if (is_large || !one.large) {
        chosen.push_back(one);
      }
    }
  }
  int broken = 0;
  for (const Case& one : chosen) {
    broken += !explorer::holds(one, explore);
  }
  return broken != 0;
}
