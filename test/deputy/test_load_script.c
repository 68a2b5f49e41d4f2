/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// main() and a pthread: a script is loaded by the page, and its callback comes
// to the thread that asked, which lives until then.

#include <assert.h>
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#include <emscripten/threading.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_t asker, main_thread;
static int noted;

// Called by the script, when it is loaded.
EMSCRIPTEN_KEEPALIVE void note(int value) { noted += value; }

static void must_not_come(void) { assert(0); }

static void is_missing(void) {
  assert(pthread_equal(pthread_self(), asker));
  puts("missing.js: error");
  exit(0);
}

static void is_loaded(void) {
  assert(pthread_equal(pthread_self(), asker));
  int answer = MAIN_THREAD_EM_ASM_INT({ return globalThis.fromScript; });
  printf("script.js: %d\n", answer);
  emscripten_async_load_script("missing.js", must_not_come, is_missing);
}

static void* run(void* arg) {
  asker = pthread_self();
  emscripten_async_load_script("script.js", is_loaded, must_not_come);
  return NULL;
}

static void main_has_it(void) {
  assert(pthread_equal(pthread_self(), main_thread));
  printf("main: loaded, %d\n", noted);
  pthread_t thread;
  assert(!pthread_create(&thread, NULL, run, NULL));
  pthread_detach(thread);
}

int main() {
  // Until the thread is done.
  emscripten_runtime_keepalive_push();
  main_thread = pthread_self();
  emscripten_async_load_script("script.js", main_has_it, must_not_come);
  return 1;
}
