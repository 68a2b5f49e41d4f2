/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// The page has a library opened, and calls its functions by name.

#include <dlfcn.h>
#include <emscripten/emscripten.h>
#include <stddef.h>

EMSCRIPTEN_KEEPALIVE const char* open_side(void) {
  return dlopen("/side.wasm", RTLD_NOW | RTLD_GLOBAL) ? "" : dlerror();
}

int main(void) {}
