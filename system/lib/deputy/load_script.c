/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * emscripten_async_load_script(), which upstream refuses on pthreads: the page
 * loads the script, and the thread that asked gets the callback at its event
 * loop, until which it stays alive; one that ends before gets none.
 * libdeputy_proxy.js has the other half.
 */

#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#include <emscripten/proxying.h>
#include <emscripten/threading.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "thread_life.h"
#include "ui_wait.h"

struct load {
  em_callback_func onload;
  em_callback_func onerror;
  bool is_loaded;
  bool is_of_deputy;
  // Who has asked; 0: the UI thread itself.
  int tid;
  char url[];
};

// In libdeputy_proxy.js. UI thread. Ends in _emscripten_deputy_script_loaded.
void _emscripten_deputy_load_script_js(const char* url,
                                       struct load* load,
                                       int is_of_deputy);

// The thread that asked.
static void finish(void* arg) {
  struct load* load = arg;
  em_callback_func callback = load->is_loaded ? load->onload : load->onerror;
  free(load);
  emscripten_runtime_keepalive_pop();
  if (callback) {
    callback();
  }
}

// UI thread.
static void start(void* arg) {
  struct load* load = arg;
  _emscripten_deputy_load_script_js(load->url, load, load->is_of_deputy);
}

// UI thread.
void _emscripten_deputy_script_loaded(struct load* load, bool is_loaded) {
  load->is_loaded = is_loaded;
  if (!load->tid) {
    finish(load);
  } else if (!_emscripten_deputy_proxy_to(load->tid, finish, load)) {
    free(load);
  }
}

// Any thread.
void emscripten_async_load_script(const char* url,
                                  em_callback_func onload,
                                  em_callback_func onerror) {
  size_t size = strlen(url) + 1;
  struct load* load = malloc(sizeof(struct load) + size);
  if (!load) {
    if (onerror) {
      onerror();
    }
    return;
  }
  *load = (struct load){.onload = onload,
                        .onerror = onerror,
                        .is_of_deputy = emscripten_is_deputy_thread()};
  memcpy(load->url, url, size);
  emscripten_runtime_keepalive_push();
  if (emscripten_is_main_runtime_thread()) {
    start(load);
    return;
  }
  load->tid = _emscripten_deputy_tid(pthread_self());
  if (!emscripten_proxy_async(emscripten_proxy_get_system_queue(),
                              emscripten_main_runtime_thread_id(),
                              start,
                              load)) {
    finish(load);
  }
}
