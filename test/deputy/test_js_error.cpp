/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Errors of JavaScript on the UI thread are exceptions where they were waited
// for. test_proxy.py drives it.

#include <assert.h>
#include <emscripten/deputy.hpp>
#include <emscripten/emscripten.h>
#include <emscripten/threading.h>
#include <malloc.h>
#include <memory>
#include <stdio.h>
#include <string>
#include <thread>
#include <vector>

using emscripten::deputy::js_error;
using emscripten::deputy::on_ui;
using emscripten::deputy::with_js_errors;

extern "C" int test_refuses(int number);

namespace {

int left;

struct Guard {
  ~Guard() { left++; }
};

template<class Function> std::string error_of(Function function) {
  try {
    function();
  } catch (const js_error& error) {
    return error.what();
  }
  return "none";
}

void throw_type_error() {
  Guard guard;
  MAIN_THREAD_EM_ASM({ throw new TypeError('thrown for a test'); });
}

void refuse() {
  Guard guard;
  with_js_errors([] { return test_refuses(-1); });
}

bool begins(const std::string& text, const char* start) {
  return text.rfind(start, 0) == 0;
}

// Of the calling thread.
void check_calls() {
  left = 0;
  std::string text = error_of(throw_type_error);
  assert(begins(text, "TypeError: thrown for a test\n"));
  // Where it was thrown.
  assert(text.find('\n') + 10 < text.size());
  assert(left == 1);
  assert(error_of([] { MAIN_THREAD_EM_ASM({ throw 'a text'; }); }) ==
         "a text\n");
  assert(MAIN_THREAD_EM_ASM_INT({ return $0 + 1; }, 41) == 42);
  assert(MAIN_THREAD_EM_ASM_INT(
           { return PThread.currentProxiedOperationCallerThread; }) ==
    int(pthread_self()));

  assert(test_refuses(21) == 42);
  assert(with_js_errors([] { return test_refuses(21); }) == 42);
  assert(begins(error_of(refuse), "RangeError: refused: -1\n"));
}

void check_on_ui() {
  pthread_t caller = pthread_self();
  assert(on_ui([] { return pthread_self(); }) ==
         emscripten_main_runtime_thread_id());
  auto text = on_ui([&] { return std::make_unique<int>(int(caller)); });
  assert(*text == int(caller));
  left = 0;
  on_ui([] { Guard guard; });
  assert(left == 1);
  try {
    on_ui([]() -> int { throw std::out_of_range("as it is"); });
    assert(false);
  } catch (const std::out_of_range& error) {
    assert(std::string(error.what()) == "as it is");
  }
  assert(begins(
    error_of([] { on_ui([] { EM_ASM({ throw new Error('in there'); }); }); }),
    "Error: in there\n"));
}

} // namespace

int main(int argc, char** argv) {
  std::string way = argv[1];
  if (way == "caught") {
    std::vector<std::thread> threads;
    check_calls();
    check_on_ui();
    for (int i = 0; i < 4; i++) {
      std::thread(i % 2 ? check_calls : check_on_ui).join();
    }
    // Also what is thrown at the same time.
    for (int i = 0; i < 4; i++) {
      threads.emplace_back([] {
        for (int j = 0; j < 100; j++) {
          assert(error_of(throw_type_error) != "none");
        }
      });
    }
    for (auto& thread : threads) {
      thread.join();
    }
    // Nothing stays.
    int before = mallinfo().uordblks;
    for (int i = 0; i < 200; i++) {
      error_of(throw_type_error);
      error_of(refuse);
      error_of([] { on_ui([] { EM_ASM({ throw new Error('in there'); }); }); });
    }
    assert(mallinfo().uordblks - before < 2000);
    puts("caught");
  } else {
    // By nobody, or in a call that does not throw.
    puts("before");
    way == "uncaught" ? throw_type_error() : (void)test_refuses(-1);
  }
  return 0;
}
