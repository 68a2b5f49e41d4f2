/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * A side module that needs another, which is a file of the page's, as it is.
 * One source: NEEDED and SIDE make the two.
 */

#ifdef NEEDED
int needed(void) { return 42; }
#elif defined(SIDE)
int needed(void);

int side(void) { return needed(); }
#else
#include <assert.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static int (*side)(void);

static void* call(void* result) {
  *(int*)result = side();
  return NULL;
}

int main() {
  void* module = dlopen("/side.wasm", RTLD_NOW);
  if (!module) {
    printf("%s\n", dlerror());
    return 1;
  }
  side = (int (*)(void))dlsym(module, "side");
  assert(side);
  printf("%d\n", side());

  pthread_t thread;
  int result = 0;
  assert(!pthread_create(&thread, NULL, call, &result));
  assert(!pthread_join(thread, NULL));
  printf("%d\n", result);
}
#endif
