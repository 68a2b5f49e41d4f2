/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// main() and a pthread, one after the other: what was fetched and kept is had
// from the database without a request, and not after it was deleted.

#include <assert.h>
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#include <emscripten/fetch.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static void start(const char* method,
                  uint32_t attributes,
                  void (*onsuccess)(emscripten_fetch_t*),
                  void (*onerror)(emscripten_fetch_t*),
                  const char* who) {
  emscripten_fetch_attr_t attr;
  emscripten_fetch_attr_init(&attr);
  strcpy(attr.requestMethod, method);
  attr.attributes = attributes;
  attr.onsuccess = onsuccess;
  attr.onerror = onerror;
  attr.userData = (void*)who;
  assert(emscripten_fetch(&attr, "data.txt"));
}

static const char* end(emscripten_fetch_t* fetch) {
  const char* who = fetch->userData;
  emscripten_fetch_close(fetch);
  return who;
}

static void* run(void* who);

static void is_gone(emscripten_fetch_t* fetch) {
  const char* who = end(fetch);
  printf("%s: gone\n", who);
  if (!strcmp(who, "main")) {
    pthread_t thread;
    assert(!pthread_create(&thread, NULL, run, "thread"));
    pthread_detach(thread);
  } else {
    exit(0);
  }
}

static void must_fail(emscripten_fetch_t* fetch) {
  assert(0 && "it was not deleted");
}

static void failed(emscripten_fetch_t* fetch) {
  printf("%s: failed\n", end(fetch));
  exit(1);
}

static void is_deleted(emscripten_fetch_t* fetch) {
  start("GET",
        EMSCRIPTEN_FETCH_LOAD_TO_MEMORY | EMSCRIPTEN_FETCH_NO_DOWNLOAD,
        must_fail,
        is_gone,
        end(fetch));
}

static void is_read(emscripten_fetch_t* fetch) {
  printf("%s: %.*s\n",
         (const char*)fetch->userData,
         (int)fetch->numBytes,
         fetch->data);
  start("EM_IDB_DELETE", 0, is_deleted, failed, end(fetch));
}

static void is_kept(emscripten_fetch_t* fetch) {
  start("GET",
        EMSCRIPTEN_FETCH_LOAD_TO_MEMORY | EMSCRIPTEN_FETCH_NO_DOWNLOAD,
        is_read,
        failed,
        end(fetch));
}

static void* run(void* who) {
  start("GET",
        EMSCRIPTEN_FETCH_LOAD_TO_MEMORY | EMSCRIPTEN_FETCH_REPLACE |
          EMSCRIPTEN_FETCH_PERSIST_FILE,
        is_kept,
        failed,
        who);
  return NULL;
}

int main() {
  // Until the thread is done.
  emscripten_runtime_keepalive_push();
  run("main");
  return 1;
}
