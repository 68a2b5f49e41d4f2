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
 * Upstream's handler may be in the middle of an event, and wait for malloc,
 * when the socket is deleted: what it has is the listener's id, and no pointer.
 * `mutex` guards the list, and is held for a walk of it. The references of a
 * listener are the list's, and one of each event under way; the last one frees
 * it (acq_rel: who frees it has seen what the others did with it).
 */

#include <atomic>
#include <cstdint>
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
  uintptr_t id;
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
uintptr_t ids;

void release(Listener* listener) {
  if (listener->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    free(listener);
  }
}

uintptr_t add(Listener* listener) {
  pthread_mutex_lock(&mutex);
  uintptr_t id = listener->id = ++ids;
  listener->next = listeners;
  listeners = listener;
  pthread_mutex_unlock(&mutex);
  return id;
}

// Null, or one that is to be released.
Listener* find(uintptr_t id) {
  pthread_mutex_lock(&mutex);
  Listener* found = listeners;
  while (found && found->id != id) {
    found = found->next;
  }
  if (found) {
    found->references++;
  }
  pthread_mutex_unlock(&mutex);
  return found;
}

// Any thread.
template<typename Predicate> void remove_if(Predicate predicate) {
  Listener* removed = nullptr;
  pthread_mutex_lock(&mutex);
  for (Listener** at = &listeners; *at;) {
    Listener* listener = *at;
    if (!predicate(*listener)) {
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
  Listener* listener = find(reinterpret_cast<uintptr_t>(user_data));
  if (!listener) {
    return false;
  }
  auto* message = static_cast<const EmscriptenWebSocketMessageEvent*>(data);
  size_t bytes = listener->kind == MESSAGE ? message->numBytes : 0;
  auto* event = static_cast<Event*>(malloc(sizeof(Event) + bytes));
  if (!event) {
    emscripten_err("emscripten/websocket.h: an event is lost: out of memory");
    release(listener);
    return false;
  }
  event->listener = listener;
  event->type = type;
  memcpy(&event->open, data, size_of(listener->kind));
  if (bytes) {
    memcpy(event->data, message->data, bytes);
    event->message.data = event->data;
  }
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
      Listener{0, socket, kind, callback, user_data, tid, 1, false, nullptr};
    user_data = reinterpret_cast<void*>(add(listener));
    callback = forward;
  }
  EMSCRIPTEN_RESULT result = set(socket, user_data, callback, thread);
  bool is_set = result == EMSCRIPTEN_RESULT_SUCCESS;
  // The one before, or the one that could not be set.
  remove_if([=](const Listener& other) {
    return is_set ? other.socket == socket && other.kind == kind &&
                      &other != listener
                  : &other == listener;
  });
  return result;
}

} // namespace

extern "C" {

// The linker knows __real_NAME only where a program calls NAME: it is imported
// by its own name. One that is taken the address of would not be (MAIN_MODULE).
#define REAL(result, name, ...)                                                \
  result __real_##name(__VA_ARGS__)                                            \
    __attribute__((import_module("env"), import_name(#name)));

#define SETTER(name, kind)                                                     \
  REAL(EMSCRIPTEN_RESULT,                                                      \
       name,                                                                   \
       EMSCRIPTEN_WEBSOCKET_T,                                                 \
       void*,                                                                  \
       Callback,                                                               \
       pthread_t)                                                              \
  EMSCRIPTEN_RESULT __wrap_##name(EMSCRIPTEN_WEBSOCKET_T socket,               \
                                  void* user_data,                             \
                                  Callback callback,                           \
                                  pthread_t thread) {                          \
    Set set = [](auto... args) { return __real_##name(args...); };             \
    return listen(set, kind, socket, user_data, callback, thread);             \
  }

SETTER(emscripten_websocket_set_onopen_callback_on_thread, OPEN)
SETTER(emscripten_websocket_set_onerror_callback_on_thread, ERROR)
SETTER(emscripten_websocket_set_onclose_callback_on_thread, CLOSE)
SETTER(emscripten_websocket_set_onmessage_callback_on_thread, MESSAGE)

REAL(EMSCRIPTEN_RESULT, emscripten_websocket_delete, EMSCRIPTEN_WEBSOCKET_T)
EMSCRIPTEN_RESULT
__wrap_emscripten_websocket_delete(EMSCRIPTEN_WEBSOCKET_T socket) {
  // First: another thread may get a new one by the same number then.
  remove_if([=](const Listener& each) { return each.socket == socket; });
  return __real_emscripten_websocket_delete(socket);
}

REAL(void, emscripten_websocket_deinitialize, void)
void __wrap_emscripten_websocket_deinitialize(void) {
  remove_if([](const Listener&) { return true; });
  __real_emscripten_websocket_deinitialize();
}

} // extern "C"
