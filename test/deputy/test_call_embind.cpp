/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// What the page's JavaScript uses by Embind. test_call_embind.py drives it.

#include <array>
#include <assert.h>
#include <atomic>
#include <emscripten/bind.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <emscripten/heap.h>
#include <emscripten/threading.h>
#include <memory>
#include <optional>
#include <pthread.h>
#include <stdexcept>
#include <stdint.h>
#include <stdio.h>
#include <string>
#include <vector>

using namespace emscripten;

namespace {

// Every call must run off the page's thread.
void check_thread() {
#ifndef ANY_THREAD
  assert(!emscripten_is_main_runtime_thread());
#endif
}

// ---- Values -----------------------------------------------------------------

template<typename T> T same(T value) {
  check_thread();
  return value;
}

template<typename T> T same_reference(const T& value) {
  check_thread();
  return value;
}

struct Point {
  double x;
  double y;
};

struct Line {
  Point from;
  Point to;
  std::string name;
};

using Pair = std::array<int, 2>;

struct Box {
  val value;
};

enum class Color { RED, GREEN = 5 };
enum class Size { SMALL, LARGE };
enum class Shape { ROUND, FLAT };

std::string bytes_of(std::string text) {
  std::string hex;
  for (unsigned char c : text) {
    char digits[3];
    snprintf(digits, sizeof digits, "%02x", c);
    hex += digits;
  }
  return hex;
}

val view() {
  static const uint8_t bytes[] = {0, 1, 127, 128, 255};
  return val(typed_memory_view(5, bytes));
}

val floats() {
  static const float floats[] = {0.5f, -1.5f};
  return val(typed_memory_view(2, floats));
}

val options() {
  val object = val::object();
  object.set("list", val::array(std::vector<int>{1, 2}));
  return object;
}

val function_of_js() { return val::global("Array")["isArray"]; }

int take_val(val) { return 1; }

std::string keys_of(Box box) {
  return val::global("Object")
    .call<val>("keys", box.value)
    .call<val>("sort")
    .call<std::string>("join");
}

val loop() {
  val object = val::object();
  object.set("self", object);
  return object;
}

std::optional<int> half(std::optional<int> number) {
  return number ? std::optional<int>(*number / 2) : std::nullopt;
}

int add(int a, int b) { return a + b; }
int add(int a, int b, int c) { return a + b + c; }

// ---- Classes ----------------------------------------------------------------

std::atomic<int> living;

class Base {
public:
  Base() { living++; }
  Base(const Base&) { living++; }
  virtual ~Base() { living--; }
  virtual std::string who() const { return "base"; }
  int twice(int number) const { return 2 * number; }
};

class Counter : public Base {
public:
  int count;
  static int total;

  Counter() : Counter(0) {}
  explicit Counter(int count) : count(count) {}
  Counter(int count, int more) : Counter(count + more) {}

  std::string who() const override { return "counter"; }
  int add(int number) {
    check_thread();
    return count += number;
  }
  int add(int a, int b) { return add(a + b); }
  double get_half() const { return count / 2.0; }
  void set_half(double half) { count = half * 2; }
  int get_fixed() const { return 7; }
  void fail() const { throw std::runtime_error("it failed: \u00fc"); }
  Counter* me() { return this; }
  Counter copy() const { return *this; }
  static int sum(const Counter& a, const Counter* b) {
    return a.count + (b ? b->count : 100);
  }
  static int get_living() { return living; }
};

int Counter::total;

std::string who(const Base& base) { return base.who(); }

struct Shared {
  std::string name;
  explicit Shared(std::string name) : name(name) { living++; }
  Shared(const Shared&) = delete;
  ~Shared() { living--; }
};

std::shared_ptr<Shared> last;

void keep(std::shared_ptr<Shared> shared) { last = shared; }
std::shared_ptr<Shared> get_last() { return last; }
int uses_of(const std::shared_ptr<Shared>& shared) {
  return shared.use_count();
}

struct Holder {
  std::shared_ptr<Shared> shared;
  int number;
};

Holder hold(std::shared_ptr<Shared> shared, int number) {
  return {shared, number};
}
std::string name_of(Holder holder) { return holder.shared->name; }

// ---- Errors -----------------------------------------------------------------

int fail(int how) {
  switch (how) {
    case 0:
      throw std::out_of_range("out of it");
    case 1:
      throw 42;
    case 2: {
      EM_ASM({ throw new RangeError("of JavaScript"); });
    }
  }
  return how;
}

// ---- Order, and waiting -----------------------------------------------------

std::vector<int> noted;

void note(int number) { noted.push_back(number); }

std::vector<int> take_notes() { return std::move(noted); }

std::atomic<bool> is_released;

// Held as malloc's own lock may be.
pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
std::atomic<bool> is_held;
std::atomic<int> page_allocations;

void* hold_mutex(void*) {
  pthread_mutex_lock(&mutex);
  is_held = true;
  while (!is_released) {
    emscripten_thread_sleep(1);
  }
  pthread_mutex_unlock(&mutex);
  return nullptr;
}

void hold_malloc() {
  pthread_t thread;
  pthread_create(&thread, nullptr, hold_mutex, nullptr);
  pthread_detach(thread);
  while (!is_held) {
    emscripten_thread_sleep(1);
  }
}

struct Lock {
  Lock() {
    page_allocations += emscripten_is_main_runtime_thread();
    pthread_mutex_lock(&mutex);
  }
  ~Lock() { pthread_mutex_unlock(&mutex); }
};

void end_thread() { pthread_exit(nullptr); }

int get_page_allocations() { return page_allocations; }

} // namespace

extern "C" {

#ifdef OWN_MALLOC
void* malloc(size_t size) {
  Lock lock;
  return emscripten_builtin_malloc(size);
}

void free(void* block) {
  Lock lock;
  emscripten_builtin_free(block);
}
#endif

EMSCRIPTEN_KEEPALIVE void note_in_c(int number) { note(number); }
// On the page's thread.
EMSCRIPTEN_KEEPALIVE void release(void) { is_released = true; }

} // extern "C"

EMSCRIPTEN_BINDINGS(test) {
  function("sameBool", &same<bool>);
  function("sameInt", &same<int>);
  function("sameUnsigned", &same<unsigned>);
  function("sameByte", &same<uint8_t>);
  function("sameDouble", &same<double>);
  function("sameFloat", &same<float>);
  function("sameLong", &same<int64_t>);
  function("sameUnsignedLong", &same<uint64_t>);
  function("sameString", &same<std::string>);
  function("sameReference", &same_reference<std::string>);
  function("sameWide", &same<std::wstring>);
  function("same16", &same<std::u16string>);
  function("samePoint", &same<Point>);
  function("sameLine", &same<Line>);
  function("samePair", &same<Pair>);
  function("sameColor", &same<Color>);
  function("sameSize", &same<Size>);
  function("sameShape", &same<Shape>);
  function("bytesOf", &bytes_of);
  function("view", &view);
  function("floats", &floats);
  function("options", &options);
  function("functionOfJs", &function_of_js);
  function("takeVal", &take_val);
  function("keysOf", &keys_of);
  function("loop", &loop);
  register_optional<int>();
  function("half", &half);
  function("add", select_overload<int(int, int)>(&add));
  function("add", select_overload<int(int, int, int)>(&add));

  value_object<Point>("Point").field("x", &Point::x).field("y", &Point::y);
  value_object<Line>("Line")
    .field("from", &Line::from)
    .field("to", &Line::to)
    .field("name", &Line::name);
  value_object<Box>("Box").field("value", &Box::value);
  value_array<Pair>("Pair")
    .element(emscripten::index<0>())
    .element(emscripten::index<1>());
  enum_<Color>("Color").value("RED", Color::RED).value("GREEN", Color::GREEN);
  enum_<Size>("Size", enum_value_type::number)
    .value("SMALL", Size::SMALL)
    .value("LARGE", Size::LARGE);
  enum_<Shape>("Shape", enum_value_type::string)
    .value("ROUND", Shape::ROUND)
    .value("FLAT", Shape::FLAT);
  constant("ANSWER", 42);

  class_<Base>("Base")
    .constructor<>()
    .function("who", &Base::who)
    .function("twice", &Base::twice);
  class_<Counter, base<Base>>("Counter")
    .constructor<>()
    .constructor<int>()
    .constructor<int, int>()
    .function("add", select_overload<int(int)>(&Counter::add))
    .function("add", select_overload<int(int, int)>(&Counter::add))
    .function("fail", &Counter::fail)
    .function("me", &Counter::me, allow_raw_pointers())
    .function("copy", &Counter::copy)
    .property("count", &Counter::count)
    .property("half", &Counter::get_half, &Counter::set_half)
    .property("fixed", &Counter::get_fixed)
    .class_property("total", &Counter::total)
    .class_function("sum", &Counter::sum, allow_raw_pointers())
    .class_function("living", &Counter::get_living);
  function("who", &who);

  class_<Shared>("Shared")
    .smart_ptr_constructor("Shared", &std::make_shared<Shared, std::string>)
    .property("name", &Shared::name);
  function("keep", &keep);
  function("getLast", &get_last);
  function("usesOf", &uses_of);
  value_object<Holder>("Holder")
    .field("shared", &Holder::shared)
    .field("number", &Holder::number);
  function("hold", &hold);
  function("nameOf", &name_of);
  register_vector<int>("Numbers");

  function("fail", &fail);
  function("note", &note);
  function("takeNotes", &take_notes);
  function("endThread", &end_thread);
  function("holdMalloc", &hold_malloc);
  function("pageAllocations", &get_page_allocations);
}

int main() { emscripten_exit_with_live_runtime(); }
