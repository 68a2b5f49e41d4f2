/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Runs system/lib/deputy/worker_pool.h at full speed, under ThreadSanitizer:
 * threads of the host play workers, the main thread plays the UI, and what runs
 * on the workers creates and joins more. Atomic operations and futexes lose
 * time at random; workers die while they load, run, block and park.
 *
 *   worker_pool_stress [--seed N] [--threads N] [--patience SECONDS] [SCENE
 * ...]
 *
 * Ends with 0; or with 1 and what went wrong, also when nothing ends any more
 * for the patience.
 */

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace {

// ---- Chance -----------------------------------------------------------------

uint64_t seed = 1;
std::atomic<uint64_t> generators{0};

uint64_t scramble(uint64_t value) {
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

// Of each host thread its own.
thread_local uint64_t generator =
  scramble(seed * 0x9e3779b97f4a7c15 + generators.fetch_add(1) + 1) | 1;

uint32_t draw() {
  generator ^= generator << 13;
  generator ^= generator >> 7;
  generator ^= generator << 17;
  return generator >> 32;
}

bool one_in(uint32_t times) { return draw() % times == 0; }

void lose_time() {
  uint32_t drawn = draw();
  if (drawn % 64 == 0) {
    std::this_thread::yield();
  } else if (drawn % 4096 == 1) {
    usleep(drawn >> 26);
  }
}

} // namespace

namespace native {

inline void before(const void*, const char*, uint32_t) { lose_time(); }
inline void after(const void*, uint32_t) {}

} // namespace native

#include "interposed_atomic.h"

#include "platform.h"
#include "worker_pool.h"

#include "pool_view.h"

namespace {

// ---- The machine ------------------------------------------------------------

constexpr int SLOTS = 40;

// What a worker is thrown that dies.
struct Death {};

thread_local bool is_worker = false;
std::atomic<bool> is_deadly{false};

void maybe_die(uint32_t times) {
  if (is_worker && is_deadly.load(std::memory_order_relaxed) && one_in(times)) {
    throw Death();
  }
}

struct Hazard : deputy::Platform {
  static void
  wait(deputy::std::atomic<uint32_t>& word, uint32_t expected, int64_t ns) {
    lose_time();
    Platform::wait(word, expected, ns);
    lose_time();
    maybe_die(1000);
  }
  static void notify(deputy::std::atomic<uint32_t>& word, uint32_t count) {
    lose_time();
    Platform::notify(word, count);
    lose_time();
  }
};

using Pool = deputy::WorkerPool<Hazard, SLOTS>;

} // namespace

NATIVE_VIEW(Pool);

namespace {

// ---- Threads ----------------------------------------------------------------

enum State : uint32_t { CREATED, RUNNING, ENDED, DIED };

struct Thread {
  // Written by the creator before the start, not atomic: ThreadSanitizer sees
  // whether the pool hands it over in order.
  int input;
  int (*body)(Thread&);
  bool is_detached;
  int output = 0;
  std::atomic<uint32_t> state{CREATED};
  deputy::std::atomic<uint32_t> over{0};
};

struct Message {
  enum { GROW, LEFT, DEAD } what;
  int slot;
};

// The pool, and the world around it.
struct World {
  Pool pool;
  Thread* starts[SLOTS] = {};
  std::atomic<bool> asked{false};
  deputy::AdaptiveSpin<Hazard> join_spin;
  // By slot: whether a thread runs there.
  std::atomic<bool> runs[SLOTS] = {};
  // By thread: whether it is had.
  std::atomic<bool> is_had[SLOTS] = {};
  // At least, and at most, this many threads are alive; the most there were.
  std::atomic<int> lower{0};
  std::atomic<int> upper{0};
  std::atomic<int> peak{0};
  // What is left to be created; what has been, has ended, was refused.
  std::atomic<int> todo{0};
  std::atomic<uint64_t> created{0};
  std::atomic<uint64_t> ended{0};
  std::atomic<uint64_t> refused{0};
  std::atomic<uint64_t> died{0};
  int64_t hot_ns = 0;

  std::mutex mutex;
  std::condition_variable has_news;
  std::deque<Message> inbox;

  // The UI's own.
  std::thread workers[SLOTS];
  std::vector<int> to_bury;
  int most_workers = SLOTS;
  uint64_t opened = 0;
  uint64_t rescued = 0;
  uint64_t retired = 0;
  uint64_t withdrawn = 0;
  int largest = 0;
  bool is_closing = false;

  void post(Message message) {
    {
      std::lock_guard<std::mutex> lock(mutex);
      inbox.push_back(message);
    }
    has_news.notify_one();
  }
};

World* world;

// watch()'s: it sees one scene after the other.
std::atomic<World*> watched;
std::atomic<const char*> scene{""};

[[noreturn]] void report(const char* format, va_list arguments) {
  static std::mutex once;
  once.lock();
  World* world = watched;
  printf("FAILED in scene %s, seed %llu: ",
         scene.load(),
         static_cast<unsigned long long>(seed));
  vprintf(format, arguments);
  printf("\n  created %llu, ended %llu, refused %llu, of workers died %llu\n",
         static_cast<unsigned long long>(world->created.load()),
         static_cast<unsigned long long>(world->ended.load()),
         static_cast<unsigned long long>(world->refused.load()),
         static_cast<unsigned long long>(world->died.load()));
  native::View<Pool, SLOTS>{world->pool}.dump(stdout);
  fflush(stdout);
  _exit(1);
}

__attribute__((format(printf, 1, 2), noreturn)) void
violated(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  report(format, arguments);
}

void ask_for_missing() {
  if (world->pool.missing() > 0 && !world->asked.exchange(true)) {
    world->post({Message::GROW, 0});
  }
}

void raise(std::atomic<int>& mark, int value) {
  int old = mark.load();
  while (old < value && !mark.compare_exchange_weak(old, value)) {
  }
}

// Any thread. An index, or NONE at the limit.
int admit() {
  raise(world->peak, world->upper.fetch_add(1) + 1);
  int index = world->pool.admit();
  if (index == Pool::NONE) {
    world->upper.fetch_sub(1);
    world->refused.fetch_add(1);
    return index;
  }
  if (world->is_had[index].exchange(true)) {
    violated("thread %d is had twice", index);
  }
  int lower = world->lower.fetch_add(1) + 1;
  if (lower > world->pool.max()) {
    violated("%d threads are alive, and the limit is %d",
             lower,
             world->pool.max().load());
  }
  return index;
}

void dismiss(int index) {
  world->lower.fetch_sub(1);
  world->is_had[index].store(false);
  world->pool.dismiss(index);
  world->upper.fetch_sub(1);
}

// Any thread. Null at the limit.
Thread* create(int (*body)(Thread&), int input, bool is_detached) {
  int index = admit();
  if (index == Pool::NONE) {
    std::this_thread::yield();
    return nullptr;
  }
  world->todo.fetch_sub(1, std::memory_order_relaxed);
  Thread* thread = new Thread;
  thread->input = input;
  thread->body = body;
  thread->is_detached = is_detached;
  world->starts[index] = thread;
  world->created.fetch_add(1, std::memory_order_relaxed);
  world->pool.submit(index);
  ask_for_missing();
  return thread;
}

// Any thread. The thread ends as `how`: tells whoever joins it.
void publish(int index, State how) {
  Thread* thread = world->starts[index];
  bool is_detached = thread->is_detached;
  uint32_t was = thread->state.exchange(how);
  if (was != RUNNING) {
    violated("thread %d ends, and is in state %u", index, was);
  }
  dismiss(index);
  world->ended.fetch_add(1, std::memory_order_relaxed);
  if (is_detached) {
    delete thread;
    return;
  }
  // release: pairs with join(). Then the joiner may free it.
  thread->over.store(1, std::memory_order_release);
  deputy::Platform::notify(thread->over, UINT32_MAX);
}

// On a worker. As _emscripten_deputy_thread_spin, and musl's join.
void join(Thread* thread, int expected) {
  world->join_spin.changes(thread->over, 0);
  while (!thread->over.load(std::memory_order_acquire)) {
    deputy::Platform::wait(thread->over, 0, -1);
  }
  uint32_t state = thread->state.load(std::memory_order_relaxed);
  if (state == ENDED && thread->output != expected) {
    violated("a thread returned %d, not %d", thread->output, expected);
  }
  delete thread;
}

// ---- Workers, as in libdeputy_pool.js ---------------------------------------

int64_t hot_ns() {
  return world->hot_ns < 0 ? -1 : one_in(4) ? 0 : draw() % (world->hot_ns + 1);
}

void run(int slot, int index) {
  Thread& thread = *world->starts[index];
  uint32_t was = thread.state.exchange(RUNNING, std::memory_order_relaxed);
  if (was != CREATED) {
    violated("thread %d starts, and is in state %u", index, was);
  }
  if (world->runs[slot].exchange(true)) {
    violated("slot %d runs two threads", slot);
  }
  bool dies = is_deadly.load(std::memory_order_relaxed) && one_in(1500);
  if (!dies || one_in(2)) {
    thread.output = thread.body(thread);
  }
  world->runs[slot].store(false);
  if (dies) {
    // It crashes, and tells its end itself; or it is gone.
    if (one_in(2)) {
      publish(index, DIED);
    }
    throw Death();
  }
}

// Atomics.waitAsync on the word. Or it blocks again, after a while at its event
// loop.
int park(int slot) {
  if (one_in(4)) {
    if (one_in(2)) {
      usleep(draw() % 100);
    }
    return world->pool.resume(slot, hot_ns());
  }
  auto& word = world->pool.word(slot);
  while (word.load(std::memory_order_acquire) == Pool::PARKED) {
    Hazard::wait(word, Pool::PARKED, -1);
    if (one_in(4)) {
      break;
    }
  }
  return world->pool.woken(slot, hot_ns());
}

void proceed(int slot, int next) {
  while (next != Pool::LEAVE) {
    if (next == Pool::PARK) {
      next = park(slot);
    } else {
      run(slot, next);
      int over = next;
      if (is_deadly.load(std::memory_order_relaxed) && one_in(3000)) {
        // It leaves with what its thread has left behind.
        world->pool.resign(slot);
        publish(over, ENDED);
        return;
      }
      next = world->pool.next(slot, hot_ns(), [over] { publish(over, ENDED); });
    }
  }
}

void work(int slot) {
  is_worker = true;
  try {
    maybe_die(20);
    world->pool.enter(slot);
    proceed(slot, world->pool.next(slot, hot_ns(), [] {}));
    world->post({Message::LEFT, slot});
  } catch (Death&) {
    world->died.fetch_add(1);
    world->post({Message::DEAD, slot});
  }
}

// ---- The UI -----------------------------------------------------------------

void grow() {
  world->asked.store(false);
  Pool& pool = world->pool;
  for (int missing = pool.missing(); missing > 0; missing--) {
    if (pool.size() >= world->most_workers) {
      return;
    }
    int slot = pool.open();
    if (slot == Pool::NONE) {
      violated("no slot is free");
    }
    if (world->workers[slot].joinable()) {
      violated("slot %d is opened, and a worker is there", slot);
    }
    int size = pool.size();
    int bound = world->peak + pool.spare();
    bound = bound < pool.least() ? pool.least().load() : bound;
    if (size > bound || size > pool.max()) {
      violated("%d workers; %d threads were alive, %d are spare",
               size,
               world->peak.load(),
               pool.spare().load());
    }
    world->largest = size > world->largest ? size : world->largest;
    world->opened++;
    world->workers[slot] = std::thread(work, slot);
  }
}

// Whether it must be called again.
bool bury(int slot) {
  bool is_started = world->pool.word(slot).peek() >= Pool::START;
  int index;
  while ((index = world->pool.bury(slot)) >= 0) {
    if (world->starts[index]->state.load() != RUNNING) {
      violated("bury() gives back thread %d, which did not run", index);
    }
    publish(index, DIED);
  }
  world->rescued += index == Pool::NONE && is_started;
  return index == Pool::RETRY;
}

void handle(Message message) {
  if (message.what == Message::GROW) {
    return grow();
  }
  world->workers[message.slot].join();
  if (message.what == Message::LEFT) {
    world->pool.vacate(message.slot);
    world->retired++;
  } else {
    world->runs[message.slot].store(false);
    world->to_bury.push_back(message.slot);
  }
}

// One turn of its event loop.
void serve() {
  std::deque<Message> news;
  {
    std::unique_lock<std::mutex> lock(world->mutex);
    if (world->inbox.empty()) {
      world->has_news.wait_for(lock, std::chrono::microseconds(300));
    }
    news.swap(world->inbox);
  }
  for (Message message : news) {
    handle(message);
  }
  std::vector<int> again;
  bool is_buried = false;
  for (int slot : world->to_bury) {
    if (bury(slot)) {
      again.push_back(slot);
    } else {
      is_buried = true;
    }
  }
  world->to_bury.swap(again);
  if (is_buried) {
    grow();
  }
}

void shrink() {
  world->pool.shrink();
  ask_for_missing();
}

// As _emscripten_deputy_pool_refuse, for one.
void withdraw() {
  int index = world->pool.withdraw();
  if (index == Pool::NONE) {
    return;
  }
  if (world->starts[index]->state.exchange(RUNNING) != CREATED) {
    violated("withdraw() gives back thread %d, which ran", index);
  }
  world->withdrawn++;
  publish(index, DIED);
}

// Serves until it is true.
template<class Condition> void serve_until(Condition condition) {
  while (!condition()) {
    serve();
  }
}

bool is_quiet() {
  return world->ended == world->created && world->pool.live() == 0;
}

// All threads have ended. What is left must be what is wanted, then nothing.
void end_scene() {
  Pool& pool = world->pool;
  serve_until(is_quiet);
  is_deadly = false;
  int spare = pool.spare(), least = pool.least();
  int wanted = spare > least ? spare : least;
  for (int round = 0; round < 2; round++) {
    if (round == 1) {
      pool.spare() = 0;
      pool.least() = 0;
      wanted = 0;
    }
    // A dead worker is buried, one that loads is there, and idle.
    serve_until([&] {
      shrink();
      int threads = 0;
      for (std::thread& worker : world->workers) {
        threads += worker.joinable();
      }
      return pool.size() == wanted && threads == wanted &&
             pool.idle() == wanted && world->to_bury.empty();
    });
    if (pool.live() || pool.queued() || pool.ready() != wanted) {
      violated("live() is %d, queued() %d, ready() %d at the end",
               pool.live(),
               pool.queued(),
               pool.ready());
    }
  }
  printf(
    "  %llu threads, %llu withdrawn, %llu refused; %llu workers, %d at once, "
    "%llu retired, %llu died, %llu with a start that another took\n",
    static_cast<unsigned long long>(world->created.load()),
    static_cast<unsigned long long>(world->withdrawn),
    static_cast<unsigned long long>(world->refused.load()),
    static_cast<unsigned long long>(world->opened),
    world->largest,
    static_cast<unsigned long long>(world->retired),
    static_cast<unsigned long long>(world->died.load()),
    static_cast<unsigned long long>(world->rescued));
}

// ---- What threads do --------------------------------------------------------

bool has_more() { return world->todo.load(std::memory_order_relaxed) > 0; }

int leaf(Thread& self) {
  if (one_in(8)) {
    lose_time();
  }
  return 2 * self.input + 1;
}

// Creates and joins one, again and again.
int loop(Thread&) {
  while (has_more()) {
    int input = draw() % 1000;
    if (Thread* thread = create(leaf, input, false)) {
      join(thread, 2 * input + 1);
    }
  }
  return 0;
}

// Creates some of all kinds. `input`: how often; negative: while there are any
// to do.
int spread(Thread& self) {
  for (int turn = 0; turn != self.input && has_more(); turn++) {
    uint32_t kind = draw() % 16;
    if (kind == 0) {
      create(leaf, 0, true);
    } else if (kind == 1 && self.input < 0) {
      if (Thread* thread = create(spread, 3, false)) {
        join(thread, 1);
      }
    } else {
      Thread* threads[4];
      int count = kind < 6 ? kind - 1 : 1;
      for (int i = 0; i < count; i++) {
        threads[i] = create(leaf, i, false);
      }
      for (int i = 0; i < count; i++) {
        if (threads[i]) {
          join(threads[i], 2 * i + 1);
        }
      }
    }
  }
  return 1;
}

std::atomic<int> in_order{0};

int follow(Thread& self) {
  int expected = in_order.fetch_add(1);
  if (self.input != expected) {
    violated("thread %d runs before thread %d", self.input, expected);
  }
  return 0;
}

// ---- The scenes -------------------------------------------------------------

// All at once.
void storm(int threads) {
  Pool& pool = world->pool;
  pool.max() = 9;
  pool.spare() = 2;
  pool.least() = draw() % 4;
  world->hot_ns = 200000;
  world->todo = threads;
  is_deadly = true;
  for (int i = 0; i < 4; i++) {
    create(spread, -1, true);
  }
  serve_until([&] {
    // Twice: what the first leaves as needed lately, the second may retire.
    for (int i = one_in(16) ? 2 : 0; i; i--) {
      shrink();
    }
    // It creates as well. Those that create may have died.
    if (pool.live() < 3 || one_in(8)) {
      create(pool.live() < 3 ? spread : leaf, -1, true);
    }
    return !has_more();
  });
  end_scene();
}

// More workers than a word of a map has bits.
void crowd(int threads) {
  Pool& pool = world->pool;
  pool.max() = SLOTS;
  pool.spare() = 4;
  world->hot_ns = 50000;
  world->todo = threads;
  for (int i = 0; i < 30; i++) {
    create(spread, -1, true);
  }
  serve_until([] { return !has_more(); });
  end_scene();
}

// One creates and joins: two workers, never more.
void turn(int threads) {
  world->hot_ns = one_in(2) ? -1 : 100000;
  world->todo = threads;
  create(loop, 0, true);
  serve_until([] { return !has_more(); });
  if (world->largest != 2) {
    violated("%d workers", world->largest);
  }
  end_scene();
}

// The UI creates, for that many workers; and takes some out of the queue again.
void feed(int threads, int (*body)(Thread&), int workers, bool withdraws) {
  world->pool.max() = 8;
  world->most_workers = workers;
  world->hot_ns = 100000;
  for (int i = 0; i < threads;) {
    if (create(body, i, true)) {
      i++;
    } else {
      serve();
    }
    if (one_in(256)) {
      serve();
    }
    if (withdraws && one_in(4)) {
      withdraw();
    }
  }
  end_scene();
}

// One worker: threads run in the order of their creation.
void line(int threads) {
  in_order = 0;
  feed(threads, follow, 1, false);
}

// Two workers and the UI take from the queue.
void pull(int threads) { feed(threads, leaf, 2, true); }

// admit() alone.
void limit(int threads) {
  Pool& pool = world->pool;
  constexpr int MAX = 5;
  pool.max() = MAX;
  world->todo = threads;
  std::vector<std::thread> creators;
  for (int i = 0; i < 4; i++) {
    creators.emplace_back([] {
      while (world->todo.fetch_sub(1) > 0) {
        int held[MAX], count = 0;
        for (int want = 1 + draw() % 3; count < want; count++) {
          if ((held[count] = admit()) == Pool::NONE) {
            break;
          }
        }
        while (count) {
          dismiss(held[--count]);
        }
        world->ended.fetch_add(1);
      }
    });
  }
  for (std::thread& creator : creators) {
    creator.join();
  }
  world->ended = 0;
  if (!world->refused) {
    violated("the limit was never reached");
  }
  for (int i = 0; i < MAX; i++) {
    if (admit() != i) {
      violated("thread %d is not to be had", i);
    }
  }
  if (admit() != Pool::NONE) {
    violated("more threads than the limit");
  }
  for (int i = 0; i < MAX; i++) {
    dismiss(i);
  }
  end_scene();
}

struct Scene {
  const char* name;
  void (*play)(int threads);
  // Of the threads asked for, in percent.
  int share;
};

const Scene scenes[] = {{"storm", storm, 100},
                        {"crowd", crowd, 30},
                        {"turn", turn, 50},
                        {"line", line, 50},
                        {"pull", pull, 50},
                        {"limit", limit, 100}};

// Nothing ends for `patience` seconds: something hangs.
void watch(int patience) {
  uint64_t seen = 0;
  World* in = nullptr;
  for (int still = 0;; still++) {
    sleep(1);
    uint64_t ended = watched.load()->ended.load();
    if (ended != seen || watched != in) {
      seen = ended;
      in = watched;
      still = 0;
    }
    if (still >= patience) {
      violated("nothing has ended for %d s", patience);
    }
  }
}

[[noreturn]] void explain_usage() {
  fprintf(stderr,
          "worker_pool_stress [--seed N] [--threads N] [--patience SECONDS] "
          "[SCENE ...]\nscenes:");
  for (const Scene& one : scenes) {
    fprintf(stderr, " %s", one.name);
  }
  fputc('\n', stderr);
  exit(2);
}

} // namespace

extern "C" const char* __tsan_default_options() {
  return "halt_on_error=1:second_deadlock_stack=1";
}

int main(int argc, char** argv) {
  int threads = 50000, patience = 20;
  seed = time(nullptr);
  std::vector<const Scene*> chosen;
  for (int i = 1; i < argc; i++) {
    const char* value = i + 1 < argc ? argv[i + 1] : "";
    if (!strcmp(argv[i], "--seed")) {
      seed = strtoull(value, nullptr, 0);
      i++;
    } else if (!strcmp(argv[i], "--threads")) {
      threads = atoi(value);
      i++;
    } else if (!strcmp(argv[i], "--patience")) {
      patience = atoi(value);
      i++;
    } else {
      size_t before = chosen.size();
      for (const Scene& one : scenes) {
        if (!strcmp(argv[i], one.name)) {
          chosen.push_back(&one);
        }
      }
      if (chosen.size() == before) {
        explain_usage();
      }
    }
  }
  if (chosen.empty()) {
    for (const Scene& one : scenes) {
      chosen.push_back(&one);
    }
  }
  generator = scramble(seed) | 1;
  printf("seed %llu\n", static_cast<unsigned long long>(seed));
  watched = world = new World;
  std::thread(watch, patience).detach();
  for (const Scene* one : chosen) {
    int64_t start = deputy::Platform::now_ns();
    // The one before stays: watch() may look at it.
    watched = world = new World;
    scene = one->name;
    printf("%s\n", one->name);
    fflush(stdout);
    one->play(static_cast<int>(int64_t{threads} * one->share / 100));
    printf("  %.1f s\n", (deputy::Platform::now_ns() - start) / 1e9);
    fflush(stdout);
  }
  _exit(0);
}
