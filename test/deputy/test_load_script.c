/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// main() and a pthread: a script is loaded by the page, and its callback comes
// to the thread that asked, which lives until then. With an argument: it ends
// before, and another thread has its block.

#include <assert.h>
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#include <emscripten/proxying.h>
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

static void* ask_and_end(void* arg) {
  emscripten_async_load_script("slow.js", must_not_come, must_not_come);
  pthread_exit(NULL);
}

static void* stay(void* arg) { emscripten_exit_with_live_runtime(); }

static void nothing(void* arg) {}

// The second script is asked for when the first one has run.
static void both_are_loaded(void) {
  assert(emscripten_proxy_sync(
    emscripten_proxy_get_system_queue(), asker, nothing, NULL));
  puts("not another's");
  exit(0);
}

static void look(void* arg) {
  if (noted) {
    emscripten_async_load_script("script.js", both_are_loaded, must_not_come);
  } else {
    emscripten_set_timeout(look, 1, NULL);
  }
}

static void replace_asker(void) {
  // Room for all that is small, so that the block is not parted.
  void* small[200];
  for (int i = 0; i < 200; i++) {
    small[i] = malloc(8 * (i / 4 + 1));
  }
  for (int i = 0; i < 200; i += 2) {
    free(small[i]);
  }
  assert(!pthread_create(&asker, NULL, ask_and_end, NULL));
  pthread_t before = asker;
  assert(!pthread_join(asker, NULL));
  assert(!pthread_create(&asker, NULL, stay, NULL));
  assert(asker == before);
  look(NULL);
}

int main(int argc, char** argv) {
  // Until the thread is done.
  emscripten_runtime_keepalive_push();
  main_thread = pthread_self();
  if (argc > 1) {
    replace_asker();
    return 1;
  }
  emscripten_async_load_script("script.js", main_has_it, must_not_come);
  return 1;
}
