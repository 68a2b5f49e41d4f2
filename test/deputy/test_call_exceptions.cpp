/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * What page JavaScript calls throws.
 */

#include <emscripten.h>
#include <stdexcept>

namespace {

int live = 0;

struct Counted {
  Counted() { live++; }
  ~Counted() { live--; }
};

struct Own {
  int value;
};

} // namespace

extern "C" EMSCRIPTEN_KEEPALIVE void throw_cxx(int what) {
  Counted counted;
  switch (what) {
    case 0:
      throw std::runtime_error("thrown for a test");
    case 1:
      throw 42;
  }
  throw Own{what};
}

// Of objects that the exceptions have passed.
extern "C" EMSCRIPTEN_KEEPALIVE int get_live() { return live; }

int main() {}
