/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Calls between threads: order, ends, and what becomes of those that wait.
// test_proxy.py drives it.

#include <assert.h>
#include <atomic>
#include <emscripten/console.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <emscripten/promise.h>
#include <emscripten/proxying.h>
#include <emscripten/threading.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

em_proxying_queue* const system_queue = emscripten_proxy_get_system_queue();
em_proxying_queue* const own_queue = em_proxying_queue_create();

pthread_t ui() { return emscripten_main_runtime_thread_id(); }

// At its event loop until it is told to end.
class Server {
public:
  Server() {
    pthread_create(&thread, nullptr, serve, this);
    while (!is_ready) {
      usleep(100);
    }
  }
  ~Server() {
    emscripten_proxy_async(system_queue, thread, stop, nullptr);
    pthread_join(thread, nullptr);
  }

  pthread_t thread;

private:
  static void* serve(void* self) {
    static_cast<Server*>(self)->is_ready = true;
    emscripten_exit_with_live_runtime();
  }
  static void stop(void*) { pthread_exit(nullptr); }

  std::atomic<bool> is_ready{false};
};

// ---- Order ------------------------------------------------------------------

struct Log {
  std::vector<int> seen[4];
};

struct Entry {
  Log* log;
  int caller;
  int number;
};

void enter(void* arg) {
  auto* entry = static_cast<Entry*>(arg);
  entry->log->seen[entry->caller].push_back(entry->number);
  delete entry;
}

// Four threads at a time, waited for now and then.
void check_order(em_proxying_queue* queue, pthread_t target) {
  constexpr int COUNT = 1000;
  Log log;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; caller++) {
    callers.emplace_back([=, &log] {
      for (int i = 0; i < COUNT; i++) {
        auto* entry = new Entry{&log, caller, i};
        if (i % 7 == caller) {
          assert(emscripten_proxy_sync(queue, target, enter, entry));
          // (All that this thread has sent before is done.)
          assert(int(log.seen[caller].size()) == i + 1);
        } else {
          assert(emscripten_proxy_async(queue, target, enter, entry));
        }
      }
      assert(emscripten_proxy_sync(queue, target, [](void*) {}, nullptr));
    });
  }
  for (auto& caller : callers) {
    caller.join();
  }
  for (auto& seen : log.seen) {
    assert(int(seen.size()) == COUNT);
    for (int i = 0; i < COUNT; i++) {
      assert(seen[i] == i);
    }
  }
}

// ---- Kinds of calls ---------------------------------------------------------

std::atomic<int> count;

void finish_later(em_proxying_ctx* ctx, void* delay) {
  emscripten_async_call(
    [](void* ctx) {
      count++;
      emscripten_proxy_finish(static_cast<em_proxying_ctx*>(ctx));
    },
    ctx,
    intptr_t(delay));
}

void add(void* arg) { count += intptr_t(arg); }

void check_kinds(em_proxying_queue* queue, pthread_t target) {
  count = 0;
  assert(emscripten_proxy_sync(queue, target, add, (void*)1));
  assert(count == 1);
  assert(
    emscripten_proxy_sync_with_ctx(queue, target, finish_later, (void*)20));
  assert(count == 2);

  // Answers come to a thread that is at its event loop.
  Server caller;
  struct Targets {
    em_proxying_queue* queue;
    pthread_t target;
  } targets{queue, target};
  assert(emscripten_proxy_sync(
    system_queue,
    caller.thread,
    [](void* arg) {
      auto& [queue, target] = *static_cast<Targets*>(arg);
      assert(
        emscripten_proxy_callback(queue, target, add, add, nullptr, (void*)10));
      assert(emscripten_proxy_callback_with_ctx(
        queue, target, finish_later, add, nullptr, (void*)100));
    },
    &targets));
  while (count != 2 + 10 + 10 + 1 + 100) {
    usleep(1000);
  }

  assert(emscripten_proxy_sync(
    system_queue,
    caller.thread,
    [](void* arg) {
      auto& [queue, target] = *static_cast<Targets*>(arg);
      auto then = [](em_promise_t promise, int amount) {
        emscripten_promise_destroy(emscripten_promise_then(
          promise,
          [](void** result, void* amount, void*) {
            add(amount);
            return EM_PROMISE_FULFILL;
          },
          nullptr,
          (void*)amount));
        emscripten_promise_destroy(promise);
      };
      then(emscripten_proxy_promise(queue, target, add, (void*)1000), 2000);
      then(
        emscripten_proxy_promise_with_ctx(queue, target, finish_later, nullptr),
        4000);
    },
    &targets));
  while (count != 123 + 1000 + 2000 + 1 + 4000) {
    usleep(1000);
  }
}

// ---- Threads that end -------------------------------------------------------

void never_finish(em_proxying_ctx*, void*) { count++; }

void check_ends(em_proxying_queue* queue) {
  // In the call.
  {
    auto* server = new Server;
    assert(!emscripten_proxy_sync(
      queue, server->thread, [](void*) { pthread_exit(nullptr); }, nullptr));
    pthread_join(server->thread, nullptr);
    assert(!emscripten_proxy_sync(queue, server->thread, add, nullptr));
  }
  // After it has begun a call that it would have ended later; and with others
  // that it has not begun.
  count = 0;
  pthread_t target;
  {
    Server server;
    target = server.thread;
    for (int i = 0; i < 3; i++) {
      std::thread([=] {
        assert(!emscripten_proxy_sync_with_ctx(
          queue, target, never_finish, nullptr));
        count += 10;
      }).detach();
    }
    while (count != 3) {
      usleep(1000);
    }
  }
  while (count != 33) {
    usleep(1000);
  }
}

// A caller that is cancelled while it waits: the call has its stack.
void check_cancel() {
  for (int i = 0; i < 20; i++) {
    pthread_t thread;
    std::atomic<bool> runs{false};
    pthread_create(
      &thread,
      nullptr,
      [](void* arg) -> void* {
        auto& runs = *static_cast<std::atomic<bool>*>(arg);
        char text[100];
        for (;;) {
          assert(emscripten_proxy_sync(
            system_queue,
            ui(),
            [](void* text) { memset(text, 1, 100); },
            text));
          runs = true;
          pthread_testcancel();
        }
      },
      &runs);
    while (!runs) {
      usleep(100);
    }
    pthread_cancel(thread);
    pthread_join(thread, nullptr);
  }
}

// In a syscall that the UI thread has begun, and would end when there is
// something to read: a cancellation point.
void check_cancel_in_poll() {
  int pipes[2];
  assert(pipe(pipes) == 0);
  for (int i = 0; i < 10; i++) {
    pthread_t thread;
    pthread_create(
      &thread,
      nullptr,
      [](void* fd) -> void* {
        pollfd waits{int(intptr_t(fd)), POLLIN, 0};
        poll(&waits, 1, -1);
        abort();
      },
      (void*)intptr_t(pipes[0]));
    usleep(i * 1000);
    assert(pthread_cancel(thread) == 0);
    void* result;
    assert(pthread_join(thread, &result) == 0);
    assert(result == PTHREAD_CANCELED);
  }
  // The calls that they have left end now, in memory that is still theirs.
  std::vector<char> others(1 << 20, 'x');
  assert(write(pipes[1], "x", 1) == 1);
  pollfd waits{pipes[0], POLLIN, 0};
  assert(poll(&waits, 1, -1) == 1);
  for (char c : others) {
    assert(c == 'x');
  }
}

// ---- Turns of the UI thread -------------------------------------------------

std::atomic<bool> is_over;

// Threads that call it all the time, while the page goes on.
void burst() {
  is_over = false;
  std::vector<std::thread> callers;
  for (int i = 0; i < 3; i++) {
    callers.emplace_back([=] {
      auto* queue = i == 1 ? own_queue : system_queue;
      while (!is_over) {
        emscripten_proxy_sync(queue, ui(), [](void*) { count++; }, nullptr);
        emscripten_proxy_async(queue, ui(), [](void*) { count++; }, nullptr);
      }
    });
  }
  // Of the page: a timer that must come again and again.
  int turns = MAIN_THREAD_EM_ASM_INT({
    globalThis.turns = 0;
    const timer = setInterval(() => globalThis.turns++, 10);
    setTimeout(() => clearInterval(timer), 10000);
    return 0;
  });
  while (turns < 20) {
    usleep(10000);
    turns = MAIN_THREAD_EM_ASM_INT({ return globalThis.turns; });
  }
  is_over = true;
  for (auto& caller : callers) {
    caller.join();
  }
}

// ---- Batches ----------------------------------------------------------------

int seen() {
  return MAIN_THREAD_EM_ASM_INT({ return globalThis.seen; });
}

void see(int number) {
  MAIN_THREAD_ASYNC_EM_ASM(
    {
      if (globalThis.seen != $0) throw new Error('out of order');
      globalThis.seen++;
    },
    number);
}

void check_batch() {
  MAIN_THREAD_EM_ASM({ globalThis.seen = 0; });
  emscripten_deputy_batch_begin();
  for (int i = 0; i < 10000; i++) {
    see(i);
    if (i % 3000 == 0) {
      assert(seen() == i + 1);
    }
    if (i == 5000) {
      // The outer one goes on.
      emscripten_deputy_batch_begin();
      see(++i);
      assert(emscripten_deputy_batch_end() == 0);
    }
  }
  // Others have their own.
  std::thread([] {
    emscripten_deputy_batch_begin();
    assert(seen() < 10000);
    assert(emscripten_deputy_batch_end() == 0);
  }).join();
  assert(emscripten_deputy_batch_end() == 0);
  assert(seen() == 10000);
  assert(emscripten_deputy_batch_end() == 0);

  emscripten_deputy_batch_begin();
  for (int i = 0; i < 100; i++) {
    printf("printed %d\n", i);
    MAIN_THREAD_ASYNC_EM_ASM({ out('called ' + $0); }, i);
  }
  assert(emscripten_deputy_batch_end() == 0);
}

void check_batch_errors() {
  MAIN_THREAD_EM_ASM({ globalThis.made = 0; });
  emscripten_deputy_batch_begin();
  for (int i = 0; i < 2000; i++) {
    MAIN_THREAD_ASYNC_EM_ASM(
      {
        globalThis.made++;
        if ($0 % 13 == 0) throw new Error('in a batch');
      },
      i);
  }
  assert(emscripten_deputy_batch_end() == 154);
  assert(MAIN_THREAD_EM_ASM_INT({ return globalThis.made; }) == 2000);
}

// ---- All of it, at random ---------------------------------------------------

// What one caller has sent one target by one queue, and what has come.
struct Line {
  int sent = 0;
  std::atomic<int> come{0};
};

struct Item {
  Line* line;
  int number;
};

void receive(void* arg) {
  auto* item = static_cast<Item*>(arg);
  assert(item->line->come == item->number);
  item->line->come++;
  delete item;
}

void send(Line& line, em_proxying_queue* queue, pthread_t target, int kind) {
  auto* item = new Item{&line, line.sent++};
  if (kind == 0) {
    assert(emscripten_proxy_sync(queue, target, receive, item));
    assert(line.come == line.sent);
  } else if (kind == 1) {
    assert(emscripten_proxy_sync_with_ctx(
      queue,
      target,
      [](em_proxying_ctx* ctx, void* item) {
        receive(item);
        emscripten_proxy_finish(ctx);
      },
      item));
    assert(line.come == line.sent);
  } else {
    assert(emscripten_proxy_async(queue, target, receive, item));
  }
}

void mix(int caller, unsigned state, double end, pthread_t server) {
  Line lines[2][2];
  int printed = 0;
  long steps = 0;
  while (emscripten_get_now() < end) {
    state = state * 1664525u + 1013904223u;
    unsigned way = state >> 16;
    bool in_batch = way % 97 == 0;
    if (in_batch) {
      emscripten_deputy_batch_begin();
    }
    for (unsigned i = 0; i <= way % 13; i++, steps++) {
      state = state * 1664525u + 1013904223u;
      way = state >> 16;
      int which = way % 2, by = way / 2 % 2;
      auto* queue = by ? own_queue : system_queue;
      send(lines[which][by], queue, which ? ui() : server, way / 4 % 7);
    }
    if (way % 5 == 0) {
      assert(MAIN_THREAD_EM_ASM_INT({ return $0 + 1; }, caller) == caller + 1);
    }
    if (in_batch) {
      assert(emscripten_deputy_batch_end() == 0);
    }
    if (way % 1009 == 0) {
      printf("%d: %d\n", caller, printed++);
    }
    if (way % 61 == 0) {
      usleep(way % 3000);
    }
  }
  for (int which : {0, 1}) {
    for (int by : {0, 1}) {
      auto& line = lines[which][by];
      send(line, by ? own_queue : system_queue, which ? ui() : server, 0);
      assert(line.come == line.sent);
    }
  }
  printf("%d: last %d, %ld steps\n", caller, printed, steps);
}

void mix_all(double seconds, unsigned seed) {
  Server server;
  double end = emscripten_get_now() + seconds * 1000;
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; i++) {
    callers.emplace_back(mix, i, seed + i, end, server.thread);
  }
  for (auto& caller : callers) {
    caller.join();
  }
}

// ---- Output -----------------------------------------------------------------

void print_from_threads() {
  std::vector<std::thread> printers;
  for (int printer = 0; printer < 4; printer++) {
    printers.emplace_back([=] {
      for (int i = 0; i < 500; i++) {
        printf("%d: %d\n", printer, i);
      }
    });
  }
  for (auto& printer : printers) {
    printer.join();
  }
}

void check_files() {
  printf("before\n");
  // A file in the place of stdout, and back.
  int console = dup(1);
  FILE* file = fopen("/out.txt", "w+");
  assert(dup2(fileno(file), 1) == 1);
  printf("into the file\n");
  fflush(stdout);
  assert(dup2(console, 1) == 1);
  printf("after\n");
  fflush(stdout);
  char text[100] = "";
  rewind(file);
  assert(fgets(text, sizeof text, file));
  assert(!strcmp(text, "into the file\n"));
  // No stdout at all.
  assert(close(1) == 0);
  assert(write(1, "nowhere\n", 8) == -1);
  assert(dup2(console, 1) == 1);
  assert(write(1, "again\n", 6) == 6);
}

} // namespace

int main(int argc, char** argv) {
  std::string way = argv[1];
  if (way == "order" || way == "kinds") {
    Server server;
    for (auto* queue : {system_queue, own_queue}) {
      for (pthread_t target : {ui(), server.thread}) {
        (way == "order" ? check_order : check_kinds)(queue, target);
      }
    }
  } else if (way == "ends") {
    check_ends(system_queue);
    check_ends(own_queue);
    check_cancel();
    check_cancel_in_poll();
  } else if (way == "burst") {
    burst();
  } else if (way == "exit in a batch" || way == "_Exit in a batch") {
    emscripten_deputy_batch_begin();
    MAIN_THREAD_ASYNC_EM_ASM({ out('gathered'); });
    way == "exit in a batch" ? exit(5) : _Exit(5);
  } else if (way == "batch") {
    check_batch();
  } else if (way == "batch errors") {
    check_batch_errors();
  } else if (way == "errors") {
    for (int i = 0; i < 3000; i++) {
      MAIN_THREAD_ASYNC_EM_ASM({ throw new Error('for a test'); });
    }
    assert(MAIN_THREAD_EM_ASM_INT({ return 42; }) == 42);
  } else if (way == "mixed") {
    mix_all(atof(argv[2]), atoi(argv[3]));
  } else if (way == "print") {
    print_from_threads();
    // With an exit in the middle of it.
    std::thread([] {
      for (int i = 0; i < 100; i++) {
        fprintf(stderr, "last %d\n", i);
      }
      exit(0);
    }).join();
  } else if (way == "console") {
    for (int i = 0; i < 20; i++) {
      printf("printed %d\n", i);
      MAIN_THREAD_EM_ASM({ out('called ' + $0); }, i);
    }
  } else if (way == "javascript") {
    bool is_node = EM_ASM_INT({ return ENVIRONMENT_IS_NODE; });
    for (int i = 0; i < 20; i++) {
      printf("C %d\n", i);
      EM_ASM({ out('out\0', $0); }, i);
      if (is_node) {
        EM_ASM({ console.log('console %d', $0); }, i);
        emscripten_console_log(("called " + std::to_string(i)).c_str());
        EM_ASM(
          {
            // Also in the middle of a character.
            process.stdout.write(Buffer.from([ 0x62, 0xc3 ]));
            process.stdout.write(new Uint8Array([ 0xbc, 0x20 ]));
            process.stdout.write(Buffer.from($0 + '\n').toString('hex'), 'hex');
          },
          i);
        EM_ASM({ console.error('error', $0); }, i);
      }
    }
    // A timer of a thread that has ended.
    std::atomic<int> has_fired = 0;
    std::thread([&] {
      EM_ASM(
        {
          setTimeout(() => {
            out('late');
            Atomics.store(HEAP32, $0 / 4, 1);
          }, 20);
        },
        &has_fired);
    }).join();
    while (!has_fired) {
      usleep(1000);
    }
    // What is under way is not lost, of another thread's neither.
    std::thread([] {
      for (int i = 0; i < 100; i++) {
        EM_ASM({ out('last', $0); }, i);
      }
      exit(0);
    }).join();
  } else if (way == "trap") {
    for (int i = 0; i < 100; i++) {
      printf("%d\n", i);
    }
    __builtin_trap();
  } else if (way == "files") {
    check_files();
  } else if (way == "flood") {
    // More than may be under way.
    std::string line(9999, 'x');
    for (int i = 0; i < 1500; i++) {
      puts(line.c_str());
    }
  }
  return 0;
}
