/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// With SIDE a module that is there from the start, whose constructor runs on
// the deputy, once; else the program that looks for it.

#include <assert.h>
#include <dlfcn.h>
#include <emscripten/deputy.h>
#include <stdio.h>

#ifdef SIDE

static int built;

__attribute__((constructor)) static void build(void) {
  assert(emscripten_is_deputy_thread());
  built++;
}

int side_built(void) { return built; }

#else

int main(void) {
  int (*side_built)(void) = dlsym(RTLD_DEFAULT, "side_built");
  printf("built %d time\n", side_built());
  return 0;
}

#endif
