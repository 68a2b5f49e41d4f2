/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// A library of functions, without a main().

#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <emscripten/proxying.h>

static int on_deputy = -1;

static void look(void* arg) { on_deputy = emscripten_is_deputy_thread(); }

// UI thread. The deputy, at its event loop, runs what it is sent.
EMSCRIPTEN_KEEPALIVE void send(void) {
  emscripten_proxy_async(emscripten_proxy_get_system_queue(),
                         emscripten_deputy_thread(),
                         look,
                         NULL);
}

EMSCRIPTEN_KEEPALIVE int answer(void) { return on_deputy; }
