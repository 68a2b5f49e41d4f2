/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// A canvas goes to a thread when it is created, and to nobody else. argv has
// the names of two, as their holder knows them: an id in a thread, a selector
// in the page.

#include <assert.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <emscripten/threading.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

static void* draw(void* name) {
  // It is here: the UI thread is not asked.
  return (void*)(long)EM_ASM_INT(
    {
      var held = GL.offscreenCanvases[UTF8ToString($0).replace("#", "")];
      if (!held) {
        return 0;
      }
      var canvas = held.offscreenCanvas;
      canvas.width = 30;
      canvas.height = 40;
      return canvas.width * 100 + canvas.height;
    },
    name);
}

static void* nothing(void* arg) { return arg; }

static int create(const char* canvases, pthread_t* thread, const char* arg) {
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  emscripten_pthread_attr_settransferredcanvases(&attr, canvases);
  return pthread_create(thread, &attr, draw, (void*)arg);
}

static long join(pthread_t thread) {
  void* result;
  assert(pthread_join(thread, &result) == 0);
  return (long)result;
}

int main(int argc, char** argv) {
  pthread_t one, other;
  int live = emscripten_deputy_pool_live();
  // Not there: an error, and no thread.
  assert(create("#missing", &one, NULL) == EINVAL);
  assert(emscripten_deputy_pool_live() == live);
  assert(create(argv[1], &one, argv[1]) == 0);
  assert(create(argv[2], &other, argv[2]) == 0);
  printf("%ld\n", join(one));
  printf("%ld\n", join(other));
  // It left with the thread that had it.
  assert(create(argv[1], &one, argv[1]) != 0);
  assert(emscripten_deputy_pool_live() == live);
  for (long i = 0; i < 100; i++) {
    assert(pthread_create(&one, NULL, nothing, (void*)i) == 0);
    assert(join(one) == i);
  }
  return 0;
}
