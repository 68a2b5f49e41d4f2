/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Static constructors of the program run on the deputy, where they may wait for
// threads; those of the runtime before, on the UI thread. What they built is
// there for main(), and torn down on the deputy.

#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <emscripten/deputy.h>
#include <emscripten/threading.h>
#include <future>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>

static std::string* order;

static void note(const char* what) {
  if (!order) {
    order = new std::string;
  }
  *order += what;
}

__attribute__((constructor(100))) static void of_the_runtime() {
  assert(emscripten_is_main_runtime_thread());
  note("100 ");
}

__attribute__((constructor(101))) static void early() {
  assert(emscripten_is_deputy_thread());
  note("101 ");
}

static std::once_flag once;
static thread_local int of_thread = 5;

struct Global {
  std::thread worker;
  std::string text;

  Global() {
    assert(emscripten_is_deputy_thread());
    of_thread = 6;
    std::call_once(once, [] { note("once "); });
    std::thread([this] { text = "built by a thread"; }).join();
    std::promise<void> printed;
    worker = std::thread([&] {
      // The page's thread serves meanwhile.
      printf("printed by a thread\n");
      printed.set_value();
    });
    printed.get_future().wait();
    std::cout << "printed by a constructor" << std::endl;
    note("global");
  }
  ~Global() {
    assert(emscripten_is_deputy_thread());
    worker.join();
    puts("torn down");
  }
};

static Global global;

int main() {
  assert(of_thread == 6);
  puts(order->c_str());
  puts(global.text.c_str());
  exit(3);
}
