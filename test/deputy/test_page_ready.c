/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * What Module.onRuntimeInitialized does is done when main() begins.
 */

#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <stdatomic.h>

static atomic_bool is_ready, main_has_run;

EMSCRIPTEN_KEEPALIVE void set_ready(void) { is_ready = true; }

EMSCRIPTEN_KEEPALIVE int before_main(void) {
  return emscripten_is_deputy_thread() && !main_has_run;
}

int main(void) {
  main_has_run = true;
  return is_ready ? 7 : 1;
}
