/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

#include <chrono>
#include <emscripten/bind.h>
#include <emscripten/emscripten.h>
#include <future>
#include <thread>

static int add_in_thread(int a, int b) {
  return std::async(std::launch::async,
                    [=] {
                      std::this_thread::sleep_for(
                        std::chrono::milliseconds(150));
                      return a + b;
                    })
    .get();
}

EMSCRIPTEN_BINDINGS(test) {
  emscripten::function("addInThread", &add_in_thread, emscripten::async());
}

int main() { emscripten_exit_with_live_runtime(); }
