/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Callbacks of html5.h on the deputy, which write down what comes; the page
// dispatches events, and asks for that. test_events.py drives it.

#include <assert.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#include <emscripten/html5.h>
#include <emscripten/proxying.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CANVAS "#canvas"

static char text[256 * 1024];
static int length;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_t helper;
static atomic_int is_held;

static void note(const char* format, ...) {
  assert(emscripten_is_deputy_thread());
  va_list args;
  va_start(args, format);
  pthread_mutex_lock(&mutex);
  length += vsnprintf(text + length, sizeof(text) - length, format, args);
  pthread_mutex_unlock(&mutex);
  va_end(args);
}

static bool on_key(int type, const EmscriptenKeyboardEvent* event, void* name) {
  note("%s%s %s\n",
       name ? (char*)name : "",
       type == EMSCRIPTEN_EVENT_KEYDOWN ? "down" : "up",
       event->key);
  if (!strcmp(event->key, "slow")) {
    double end = emscripten_get_now() + 8;
    while (emscripten_get_now() < end) {
    }
  }
  return true;
}

static bool on_mouse(int type, const EmscriptenMouseEvent* event, void* name) {
  note("%s%s %d,%d %d,%d\n",
       name ? (char*)name : "",
       type == EMSCRIPTEN_EVENT_MOUSEMOVE ? "move" : "press",
       event->clientX,
       event->clientY,
       event->movementX,
       event->movementY);
  return true;
}

static bool on_wheel(int type, const EmscriptenWheelEvent* event, void* arg) {
  note("wheel %g,%g\n", event->deltaX, event->deltaY);
  return true;
}

static bool on_touch(int type, const EmscriptenTouchEvent* event, void* arg) {
  note("touch");
  for (int i = 0; i < event->numTouches; i++) {
    const EmscriptenTouchPoint* point = &event->touches[i];
    note(" %d%s at %d",
         point->identifier,
         point->isChanged ? "!" : "",
         point->clientX);
  }
  note("\n");
  return true;
}

static bool on_resize(int type, const EmscriptenUiEvent* event, void* arg) {
  note("resize\n");
  return true;
}

static bool on_focus(int type, const EmscriptenFocusEvent* event, void* arg) {
  note("focus %s\n", event->id);
  return true;
}

static bool on_helper(int type, const EmscriptenMouseEvent* event, void* arg) {
  assert(pthread_equal(pthread_self(), helper));
  atomic_fetch_add((atomic_int*)arg, 1);
  return true;
}

// ---- Called by the page -----------------------------------------------------

static bool is_over;

EMSCRIPTEN_KEEPALIVE void end(void) { is_over = true; }

// Until the page calls idle(), on its own thread.
static atomic_bool is_kept_busy;
EMSCRIPTEN_KEEPALIVE void busy(void) {
  for (is_kept_busy = true; is_kept_busy;) {
  }
}
EMSCRIPTEN_KEEPALIVE bool is_busy(void) { return is_kept_busy; }
EMSCRIPTEN_KEEPALIVE void idle(void) { is_kept_busy = false; }

EMSCRIPTEN_KEEPALIVE void mark(int number) { note("call %d\n", number); }

// What has come since the last time. It may be called on another thread than
// the deputy.
EMSCRIPTEN_KEEPALIVE const char* taken(void) {
  static char result[sizeof(text)];
  pthread_mutex_lock(&mutex);
  memcpy(result, text, length);
  result[length] = 0;
  length = 0;
  pthread_mutex_unlock(&mutex);
  return result;
}

EMSCRIPTEN_KEEPALIVE int
policy(const char* target, const char* type, int flags) {
  if (!strcmp(target, "window")) {
    target = EMSCRIPTEN_EVENT_TARGET_WINDOW;
  }
  return emscripten_deputy_event_policy(target, type, flags);
}

EMSCRIPTEN_KEEPALIVE int set_resize(void) {
  return emscripten_set_resize_callback(
    EMSCRIPTEN_EVENT_TARGET_WINDOW, NULL, false, on_resize);
}

EMSCRIPTEN_KEEPALIVE void remove_keydown(void) {
  emscripten_html5_remove_event_listener(
    CANVAS, NULL, EMSCRIPTEN_EVENT_KEYDOWN, (void*)on_key);
}

EMSCRIPTEN_KEEPALIVE void again(void) {
  emscripten_set_keydown_callback(CANVAS, "again ", false, on_key);
}

EMSCRIPTEN_KEEPALIVE void remove_all(void) {
  emscripten_html5_remove_all_event_listeners();
}

EMSCRIPTEN_KEEPALIVE int fullscreen(void) {
  return emscripten_request_fullscreen(CANVAS, true);
}

EMSCRIPTEN_KEEPALIVE int pointerlock(void) {
  return emscripten_request_pointerlock(CANVAS, true);
}

// ---- Events in a row, without those of the page -----------------------------

// In event.c.
struct registration {
  bool is_coalesced;
};
struct registration* _emscripten_deputy_event_add(
  pthread_t thread, em_mouse_callback_func callback, int type, void* user_data);
int _emscripten_deputy_event_send(struct registration* registration,
                                  const void* data,
                                  size_t size);

static atomic_int moved;

static bool on_move(int type, const EmscriptenMouseEvent* event, void* arg) {
  moved += event->movementX;
  return true;
}

// UI thread. Returns how many it has sent since the start.
EMSCRIPTEN_KEEPALIVE int move(int times) {
  static struct registration* registration;
  static int sent;
  if (!registration) {
    registration = _emscripten_deputy_event_add(
      emscripten_deputy_thread(), on_move, EMSCRIPTEN_EVENT_MOUSEMOVE, NULL);
    registration->is_coalesced = true;
  }
  EmscriptenMouseEvent event = {.movementX = 1};
  for (int i = 0; i < times; i++) {
    _emscripten_deputy_event_send(registration, &event, sizeof(event));
  }
  return sent += times;
}

EMSCRIPTEN_KEEPALIVE int moved_times(void) { return moved; }

// ---- A thread that holds malloc's lock --------------------------------------

static int holding_ms;

static void hold(void* arg) {
  // Memory has to grow for it, which test_events.js makes slow, and refuses.
  void* volatile block = malloc((intptr_t)1 << 30);
  assert(!block);
}

EMSCRIPTEN_KEEPALIVE int holding(int is) {
  is_held = is;
  return holding_ms;
}

EMSCRIPTEN_KEEPALIVE void hold_malloc(int ms) {
  holding_ms = ms;
  emscripten_proxy_async(
    emscripten_proxy_get_system_queue(), helper, hold, NULL);
  while (!is_held) {
    usleep(100);
  }
}

EMSCRIPTEN_KEEPALIVE int is_holding(void) { return is_held; }

static void* help(void* arg) { emscripten_exit_with_live_runtime(); }

static atomic_int helped;

EMSCRIPTEN_KEEPALIVE int helped_times(void) { return helped; }

static void end_helper(void* arg) { pthread_exit(NULL); }

// Whether the new one has the block of the one before.
EMSCRIPTEN_KEEPALIVE int replace_helper(void) {
  pthread_t before = helper;
  emscripten_proxy_async(
    emscripten_proxy_get_system_queue(), helper, end_helper, NULL);
  assert(pthread_join(helper, NULL) == 0);
  assert(pthread_create(&helper, NULL, help, NULL) == 0);
  return helper == before;
}

static void nothing(void* arg) {}

EMSCRIPTEN_KEEPALIVE void ask_helper(void) {
  emscripten_proxy_sync(
    emscripten_proxy_get_system_queue(), helper, nothing, NULL);
}

// ---- Deputy -----------------------------------------------------------------

int main(int argc, char** argv) {
  const char* way = argc > 1 ? argv[1] : "";
  assert(emscripten_set_keydown_callback(CANVAS, NULL, false, on_key) == 0);
  assert(emscripten_set_keyup_callback(CANVAS, NULL, false, on_key) == 0);
  assert(emscripten_set_mousemove_callback(CANVAS, NULL, false, on_mouse) == 0);
  assert(emscripten_set_mousemove_callback(
           EMSCRIPTEN_EVENT_TARGET_WINDOW, "window ", true, on_mouse) == 0);
  assert(emscripten_set_mousedown_callback(CANVAS, NULL, false, on_mouse) == 0);
  assert(emscripten_set_wheel_callback(CANVAS, NULL, false, on_wheel) == 0);
  assert(emscripten_set_touchmove_callback(CANVAS, NULL, false, on_touch) == 0);
  assert(emscripten_set_focus_callback(CANVAS, NULL, false, on_focus) == 0);
  assert(pthread_create(&helper, NULL, help, NULL) == 0);
  assert(emscripten_set_mouseup_callback_on_thread(
           CANVAS, (void*)&helped, false, on_helper, helper) == 0);
#ifdef STAY
  emscripten_runtime_keepalive_push();
#endif
  MAIN_THREAD_EM_ASM({ globalThis['isReady'] = true; });
  while (!strcmp(way, "sleep") && !strstr(text, "up end")) {
    usleep(10000);
  }
  while (!strcmp(way, "poll") && !is_over) {
    emscripten_deputy_wait(1000);
  }
}
