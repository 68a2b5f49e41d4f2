/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * C++ on top of emscripten/deputy.h: functions that the UI thread runs for
 * another, and what they, or JavaScript there, have thrown.
 *
 * For programs compiled and linked with -fexceptions or -fwasm-exceptions, and
 * linked as C++ with -sDEPUTY_THREAD.
 */
#pragma once

#include <cstdlib>
#include <exception>
#include <new>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <emscripten/deputy.h>
#include <emscripten/em_asm.h>
#include <emscripten/proxying.h>
#include <emscripten/threading.h>

#if !__cpp_exceptions
#error                                                                         \
  "emscripten/deputy.hpp needs exceptions: compile with -fwasm-exceptions or -fexceptions"
#endif

extern "C" {

// Where the calling thread's calls of JavaScript on the UI thread put what that
// throws, as text from malloc; null: nowhere. Returns what it was. In
// proxying.c.
char** _emscripten_deputy_catch_js_errors(char** where);

// UI thread. Calls `function(arg)`; returns what JavaScript has thrown in
// there, as text from malloc, or null. In libdeputy_proxy.js.
char* _emscripten_deputy_call_and_catch_js(void (*function)(void*), void* arg);
}

namespace emscripten::deputy {

// What JavaScript has thrown on the UI thread for the calling thread, which
// waits. what() has the name and the message, and the stack in the lines after
// these. Thrown by on_ui(), by with_js_errors(), and, in files that include
// this header, by MAIN_THREAD_EM_ASM, MAIN_THREAD_EM_ASM_INT, _PTR and _DOUBLE.
//
// Other calls end the program with such an error; Module.deputy.exited rejects
// with it.
//
//   try {
//     MAIN_THREAD_EM_ASM({ document.querySelector('#view').focus(); });
//   } catch (const emscripten::deputy::js_error& error) {
//     fprintf(stderr, "no view: %s\n", error.what());
//   }
class js_error : public std::runtime_error {
public:
  using runtime_error::runtime_error;
};

namespace detail {

// While it lives, errors of the calling thread's calls come here.
class JsErrors {
public:
  JsErrors() : outer(_emscripten_deputy_catch_js_errors(&text)) {}
  JsErrors(const JsErrors&) = delete;
  JsErrors& operator=(const JsErrors&) = delete;
  ~JsErrors() {
    _emscripten_deputy_catch_js_errors(outer);
    free(text);
  }

  void check() const {
    if (text) {
      throw js_error(text);
    }
  }

  // The result of the call that it lives for.
  template<class Result> Result of(Result result) const {
    check();
    return result;
  }

private:
  char* text = nullptr;
  char** outer;
};

// Of on_ui(), while the caller waits.
template<class Function> struct Call {
  Function* function;
  char* thrown_by_js = nullptr;
  std::exception_ptr thrown;

  // UI thread.
  static void run(void* call) {
    static_cast<Call*>(call)->thrown_by_js =
      _emscripten_deputy_call_and_catch_js(run_and_catch, call);
  }

  static void run_and_catch(void* arg) {
    auto* call = static_cast<Call*>(arg);
    try {
      (*call->function)();
    } catch (...) {
      call->thrown = std::current_exception();
    }
  }
};

} // namespace detail

// Calls `function()`, and returns what that returns. What JavaScript has thrown
// in the calls that it has the UI thread make is thrown here as js_error when
// it has returned; of several the first. These are functions of JavaScript
// libraries with `__proxy: 'sync'`, also when the Promise of one is rejected.
// Such a call returns 0.
//
// Any thread but the UI thread, where nothing has to come back.
//
//   int size = emscripten::deputy::with_js_errors([] { return my_js_size(); });
template<class Function> auto with_js_errors(Function&& function) {
  detail::JsErrors errors;
  if constexpr (std::is_void_v<std::invoke_result_t<Function&>>) {
    function();
    errors.check();
  } else {
    return errors.of(function());
  }
}

// Has the UI thread call `function()`, waits, and returns what that returns.
// What it throws is thrown here: C++ exceptions as they are, JavaScript's as
// js_error. std::bad_alloc: there is no memory for the call.
//
// Any thread; the UI thread calls it at once.
//
//   int width = emscripten::deputy::on_ui([&] { return canvas.width(); });
template<class Function>
std::invoke_result_t<Function&> on_ui(Function&& function) {
  using Result = std::invoke_result_t<Function&>;
  static_assert(!std::is_reference_v<Result>, "return a value, or a pointer");
  constexpr bool HAS_RESULT = !std::is_void_v<Result>;
  std::conditional_t<HAS_RESULT, std::optional<Result>, char> result{};
  auto run = [&] {
    if constexpr (HAS_RESULT) {
      result.emplace(function());
    } else {
      function();
    }
  };
  detail::Call<decltype(run)> call{&run};
  if (emscripten_is_main_runtime_thread()) {
    call.run(&call);
  } else if (!emscripten_proxy_sync(emscripten_proxy_get_system_queue(),
                                    emscripten_main_runtime_thread_id(),
                                    call.run,
                                    &call)) {
    throw std::bad_alloc();
  }
  if (call.thrown_by_js) {
    js_error error(call.thrown_by_js);
    free(call.thrown_by_js);
    throw error;
  }
  if (call.thrown) {
    std::rethrow_exception(call.thrown);
  }
  if constexpr (HAS_RESULT) {
    return std::move(*result);
  }
}

} // namespace emscripten::deputy

#undef MAIN_THREAD_EM_ASM
#undef MAIN_THREAD_EM_ASM_INT
#undef MAIN_THREAD_EM_ASM_PTR
#undef MAIN_THREAD_EM_ASM_DOUBLE
#define _EMSCRIPTEN_DEPUTY_ASM(type, code, ...)                                \
  (::emscripten::deputy::detail::JsErrors().of(                                \
    emscripten_asm_const_##type##_sync_on_main_thread(                         \
      CODE_EXPR(code) _EM_ASM_PREP_ARGS(__VA_ARGS__))))
#define MAIN_THREAD_EM_ASM(code, ...)                                          \
  ((void)_EMSCRIPTEN_DEPUTY_ASM(int, #code, ##__VA_ARGS__))
#define MAIN_THREAD_EM_ASM_INT(code, ...)                                      \
  _EMSCRIPTEN_DEPUTY_ASM(int, #code, ##__VA_ARGS__)
#define MAIN_THREAD_EM_ASM_PTR(code, ...)                                      \
  _EMSCRIPTEN_DEPUTY_ASM(ptr, #code, ##__VA_ARGS__)
#define MAIN_THREAD_EM_ASM_DOUBLE(code, ...)                                   \
  _EMSCRIPTEN_DEPUTY_ASM(double, #code, ##__VA_ARGS__)
