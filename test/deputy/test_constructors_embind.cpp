/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Embind's registrations are static constructors too: what they register is
// there on the UI thread, and on the deputy.

#include <cassert>
#include <emscripten/bind.h>
#include <emscripten/emscripten.h>

static int twice(int number) { return 2 * number; }

struct Counter {
  int count = 0;
  int next() { return ++count; }
};

EMSCRIPTEN_BINDINGS(test) {
  emscripten::function("twice", &twice);
  emscripten::class_<Counter>("Counter").constructor<>().function(
    "next", &Counter::next);
}

int main() {
  assert(EM_ASM_INT({ return Module.twice(4); }) == 8);
  return 0;
}
