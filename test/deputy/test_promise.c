/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * main() returns, and the program ends with the last of its promises, on
 * main()'s thread and on another.
 */

#include <assert.h>
#include <emscripten/eventloop.h>
#include <emscripten/promise.h>
#include <pthread.h>
#include <stdio.h>

static em_promise_result_t last(void** result, void* name, void* value) {
  printf("%s: last, %s\n", (char*)name, (char*)value);
  return EM_PROMISE_FULFILL;
}

static em_promise_result_t first(void** result, void* name, void* value) {
  printf("%s: first, %s\n", (char*)name, (char*)value);
  *result = "of the first";
  return EM_PROMISE_FULFILL;
}

static void keep(void* promise) {
  emscripten_promise_resolve(promise, EM_PROMISE_FULFILL, "kept");
  emscripten_promise_destroy(promise);
}

static void* promise(void* name) {
  em_promise_t kept = emscripten_promise_create();
  em_promise_t next = emscripten_promise_then(kept, first, NULL, name);
  emscripten_promise_destroy(emscripten_promise_then(next, last, NULL, name));
  emscripten_promise_destroy(next);
  emscripten_set_timeout(keep, 1, kept);
  return NULL;
}

int main() {
  pthread_t thread;
  assert(!pthread_create(&thread, NULL, promise, "thread"));
  assert(!pthread_join(thread, NULL));
  promise("main");
}
