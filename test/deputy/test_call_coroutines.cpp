/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Coroutines of emscripten::val, which page JavaScript calls by Embind.

#include <emscripten/bind.h>
#include <emscripten/em_js.h>
#include <emscripten/threading.h>
#include <emscripten/val.h>
#include <pthread.h>
#include <stdexcept>
#include <stdlib.h>
#include <string>

using emscripten::val;

// clang-format off
EM_JS(emscripten::EM_VAL, sleep_js, (int ms), {
  return Emval.toHandle(new Promise((resolve) => setTimeout(resolve, ms, ms)));
});

EM_JS(emscripten::EM_VAL, gate_js, (), {
  return Emval.toHandle(new Promise((resolve) => { globalThis.openGate = resolve; }));
});

EM_JS(void, open_gate_js, (), {
  globalThis.openGate();
});

EM_JS(emscripten::EM_VAL, refuse_js, (), {
  return Emval.toHandle(new Promise((resolve, reject) => setTimeout(reject, 1, new RangeError('of JavaScript'))));
});
// clang-format on

static val sleep_ms(int ms) { return val::take_ownership(sleep_js(ms)); }

class Counter {
public:
  int count = 0;

  val addLater(int count) {
    co_await sleep_ms(1);
    this->count += count;
    co_return this->count;
  }
};

static int live;

struct Live {
  Live() { live++; }
  ~Live() { live--; }
};

static val add(int a, int b) {
  Live on_the_way;
  co_await sleep_ms(1);
  // clang-format off
  int c = (co_await sleep_ms(2)).as<int>();
  // clang-format on
  co_return emscripten_is_main_runtime_thread() ? -1 : a + b + c;
}

static val greet(std::string name) {
  co_await sleep_ms(name.size());
  co_return "hello, " + name;
}

static val make() {
  co_await sleep_ms(1);
  co_return Counter();
}

static val at_once() { co_return 1; }

static val fail(int step) {
  Live on_the_way;
  if (step == 0) {
    throw std::runtime_error("at once");
  }
  co_await sleep_ms(1);
  if (step == 1) {
    throw std::runtime_error("later");
  }
  co_await fail(step - 2);
  co_return 0;
}

static val refused() {
  Live on_the_way;
  co_await val::take_ownership(refuse_js());
  co_return 0;
}

static val crash() {
  co_await sleep_ms(1);
  __builtin_trap();
  co_return 0;
}

static val leave() {
  co_await sleep_ms(1);
  exit(3);
  co_return 0;
}

static val never() {
  co_await sleep_ms(1 << 30);
  co_return 0;
}

static val wait_at_gate() {
  co_await val::take_ownership(gate_js());
  co_return 1;
}

static int how_many_live() { return live; }

EMSCRIPTEN_BINDINGS(coroutines) {
  emscripten::class_<Counter>("Counter")
    .constructor<>()
    .function("addLater", &Counter::addLater)
    .property("count", &Counter::count);
  emscripten::function("add", add);
  emscripten::function("greet", greet);
  emscripten::function("make", make);
  emscripten::function("atOnce", at_once);
  emscripten::function("fail", fail);
  emscripten::function("refused", refused);
  emscripten::function("crash", crash);
  emscripten::function("leave", leave);
  emscripten::function("never", never);
  emscripten::function("waitAtGate", wait_at_gate);
  emscripten::function("openGate", open_gate_js);
  emscripten::function("howManyLive", how_many_live);
}
