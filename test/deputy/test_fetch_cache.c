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

// The database is not asked, for what would come later.
static void wait_for_it(void) {
  emscripten_fetch_attr_t attr;
  emscripten_fetch_attr_init(&attr);
  strcpy(attr.requestMethod, "GET");
  attr.attributes =
    EMSCRIPTEN_FETCH_LOAD_TO_MEMORY | EMSCRIPTEN_FETCH_SYNCHRONOUS;
  emscripten_fetch_t* fetch = emscripten_fetch(&attr, "data.txt");
  assert(fetch->status == 200 && fetch->numBytes == 9);
  assert(emscripten_fetch_close(fetch) == EMSCRIPTEN_RESULT_SUCCESS);
}

static void is_closed(emscripten_fetch_t* fetch) { ++*(int*)fetch->userData; }

static void must_not_come(emscripten_fetch_t* fetch) {
  assert(0 && "it was closed");
}

// It has begun, also as the first of a thread.
static void close_at_once(void) {
  int closed = 0;
  emscripten_fetch_attr_t attr;
  emscripten_fetch_attr_init(&attr);
  strcpy(attr.requestMethod, "GET");
  attr.attributes = EMSCRIPTEN_FETCH_LOAD_TO_MEMORY | EMSCRIPTEN_FETCH_REPLACE;
  attr.onsuccess = must_not_come;
  attr.onerror = is_closed;
  attr.userData = &closed;
  emscripten_fetch_t* fetch = emscripten_fetch(&attr, "data.txt");
  assert(emscripten_fetch_close(fetch) == EMSCRIPTEN_RESULT_SUCCESS);
  assert(closed == 1);
}

static void is_gone(emscripten_fetch_t* fetch) {
  const char* who = end(fetch);
  wait_for_it();
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
  close_at_once();
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
