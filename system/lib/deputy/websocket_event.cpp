/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Callbacks of emscripten/websocket.h on the thread that they are set for, as
 * that says; upstream runs them all on the UI thread, whose the sockets are.
 * The linker has the functions that set callbacks come here first, as
 * __wrap_NAME (WRAPPED in tools/deputy.py). They have upstream's call forward()
 * instead, on the UI thread, which sends the event to the thread's mailbox.
 *
 * `mutex` guards the list of listeners, and is held for a few instructions. The
 * references of a listener are those of the list, by which the UI thread comes
 * to it, and of each event under way; the last one frees it (acq_rel: who frees
 * it has seen what the others did with it).
 */

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

#include <emscripten/console.h>
#include <emscripten/html5.h>
#include <emscripten/threading.h>
#include <emscripten/websocket.h>
#include <pthread.h>

#include "thread_life.h"
#include "ui_wait.h"

namespace {

using Callback = bool (*)(int type, const void* event, void* user_data);
using Set = EMSCRIPTEN_RESULT (*)(EMSCRIPTEN_WEBSOCKET_T socket,
                                  void* user_data,
                                  Callback callback,
                                  pthread_t thread);

enum Kind { OPEN, ERROR, CLOSE, MESSAGE };

struct Listener {
  EMSCRIPTEN_WEBSOCKET_T socket;
  Kind kind;
  Callback callback;
  void* user_data;
  int tid;
  std::atomic<int> references;
  // The socket was deleted, or has another callback: what is under way is
  // dropped. seq_cst, as all of it.
  std::atomic<bool> is_removed;
  Listener* next;
};

struct Event {
  Listener* listener;
  int type;
  union {
    EmscriptenWebSocketOpenEvent open;
    EmscriptenWebSocketErrorEvent error;
    EmscriptenWebSocketCloseEvent close;
    EmscriptenWebSocketMessageEvent message;
  };
  uint8_t data[];
};

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
Listener* listeners;

void release(Listener* listener) {
  if (listener->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    free(listener);
  }
}

// Any thread. The UI thread can come to it.
void add(Listener* listener) {
  pthread_mutex_lock(&mutex);
  listener->next = listeners;
  listeners = listener;
  pthread_mutex_unlock(&mutex);
}

// Any thread. Those of a socket, or of all (0), and of a kind, or of all (-1);
// the UI thread can't come to them any more.
void remove(EMSCRIPTEN_WEBSOCKET_T socket, int kind) {
  Listener* removed = nullptr;
  pthread_mutex_lock(&mutex);
  for (Listener** at = &listeners; *at;) {
    Listener* listener = *at;
    if ((socket && listener->socket != socket) ||
        (kind >= 0 && listener->kind != kind)) {
      at = &listener->next;
      continue;
    }
    *at = listener->next;
    listener->next = removed;
    removed = listener;
  }
  pthread_mutex_unlock(&mutex);
  while (removed) {
    Listener* next = removed->next;
    removed->is_removed = true;
    release(removed);
    removed = next;
  }
}

// The listener's thread.
void run(void* arg) {
  auto* event = static_cast<Event*>(arg);
  Listener* listener = event->listener;
  if (!listener->is_removed) {
    listener->callback(event->type, &event->open, listener->user_data);
  }
  release(listener);
  free(event);
}

size_t size_of(Kind kind) {
  switch (kind) {
    case CLOSE:
      return sizeof(EmscriptenWebSocketCloseEvent);
    case MESSAGE:
      return sizeof(EmscriptenWebSocketMessageEvent);
    default:
      return sizeof(EmscriptenWebSocketOpenEvent);
  }
}

// UI thread. What upstream calls, with memory that it uses again.
bool forward(int type, const void* data, void* user_data) {
  auto* listener = static_cast<Listener*>(user_data);
  auto* message = static_cast<const EmscriptenWebSocketMessageEvent*>(data);
  size_t bytes = listener->kind == MESSAGE ? message->numBytes : 0;
  auto* event = static_cast<Event*>(malloc(sizeof(Event) + bytes));
  if (!event) {
    emscripten_err("emscripten/websocket.h: an event is lost: out of memory");
    return false;
  }
  event->listener = listener;
  event->type = type;
  memcpy(&event->open, data, size_of(listener->kind));
  if (bytes) {
    memcpy(event->data, message->data, bytes);
    event->message.data = event->data;
  }
  listener->references++;
  if (!_emscripten_deputy_proxy_to(listener->tid, run, event)) {
    // It has ended.
    release(listener);
    free(event);
  }
  return false;
}

// Any thread. By `set`, the original.
EMSCRIPTEN_RESULT listen(Set set,
                         Kind kind,
                         EMSCRIPTEN_WEBSOCKET_T socket,
                         void* user_data,
                         Callback callback,
                         pthread_t thread) {
  if (thread == EM_CALLBACK_THREAD_CONTEXT_CALLING_THREAD) {
    thread = pthread_self();
  }
  Listener* listener = nullptr;
  if (callback && thread != EM_CALLBACK_THREAD_CONTEXT_MAIN_RUNTIME_THREAD &&
      thread != emscripten_main_runtime_thread_id()) {
    void* memory = malloc(sizeof(Listener));
    if (!memory) {
      return EMSCRIPTEN_RESULT_FAILED;
    }
    int tid = _emscripten_deputy_tid(thread);
    listener = new (memory)
      Listener{socket, kind, callback, user_data, tid, 1, false, nullptr};
    user_data = listener;
    callback = forward;
  }
  EMSCRIPTEN_RESULT result = set(socket, user_data, callback, thread);
  if (result != EMSCRIPTEN_RESULT_SUCCESS) {
    free(listener);
    return result;
  }
  remove(socket, kind);
  if (listener) {
    add(listener);
  }
  return result;
}

} // namespace

extern "C" {

#define SETTER(name, kind)                                                     \
  EMSCRIPTEN_RESULT __real_##name(                                             \
    EMSCRIPTEN_WEBSOCKET_T, void*, Callback, pthread_t);                       \
  EMSCRIPTEN_RESULT __wrap_##name(EMSCRIPTEN_WEBSOCKET_T socket,               \
                                  void* user_data,                             \
                                  Callback callback,                           \
                                  pthread_t thread) {                          \
    return listen(__real_##name, kind, socket, user_data, callback, thread);   \
  }

SETTER(emscripten_websocket_set_onopen_callback_on_thread, OPEN)
SETTER(emscripten_websocket_set_onerror_callback_on_thread, ERROR)
SETTER(emscripten_websocket_set_onclose_callback_on_thread, CLOSE)
SETTER(emscripten_websocket_set_onmessage_callback_on_thread, MESSAGE)

EMSCRIPTEN_RESULT __real_emscripten_websocket_delete(EMSCRIPTEN_WEBSOCKET_T);
EMSCRIPTEN_RESULT
__wrap_emscripten_websocket_delete(EMSCRIPTEN_WEBSOCKET_T socket) {
  EMSCRIPTEN_RESULT result = __real_emscripten_websocket_delete(socket);
  if (result == EMSCRIPTEN_RESULT_SUCCESS) {
    remove(socket, -1);
  }
  return result;
}

void __real_emscripten_websocket_deinitialize(void);
void __wrap_emscripten_websocket_deinitialize(void) {
  __real_emscripten_websocket_deinitialize();
  remove(0, -1);
}

} // extern "C"
