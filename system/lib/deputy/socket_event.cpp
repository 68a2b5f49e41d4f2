/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Events of sockets (emscripten_set_socket_*_callback): the sockets are the UI
 * thread's, and the callback is on the thread that has set it, where it is a
 * task in the mailbox. libdeputy_proxy.js has the other half.
 */

#include <atomic>
#include <cstdlib>
#include <cstring>

#include <emscripten/emscripten.h>

#include "thread_life.h"

namespace {

// The UI thread's, but for `serial`.
struct Registration {
  // 0: the UI thread's own.
  int tid;
  void* callback;
  void* user_data;
  // The UI thread counts; events of the one before are dropped. seq_cst.
  std::atomic<int> serial;
};

// Of kinds in the order of libdeputy_proxy.js: SOCKET_EVENTS.
Registration registrations[6];

// FS.MAX_OPEN_FDS is the greatest.
constexpr int DESCRIPTORS = 4097;

// By descriptor: how many sockets have had it and were closed. The UI thread
// counts, before another gets it; events of those before are dropped. seq_cst.
std::atomic<int> closed[DESCRIPTORS];

int count_closed(int fd) {
  return fd >= 0 && fd < DESCRIPTORS ? closed[fd].load() : 0;
}

struct Event {
  std::atomic<int>* latest;
  int serial;
  void* callback;
  void* user_data;
  int fd;
  int closed;
  int error;
  bool has_message;
  char message[];
};

void call(
  void* callback, void* user_data, int fd, int error, const char* message) {
  if (message) {
    reinterpret_cast<em_socket_error_callback>(callback)(
      fd, error, message, user_data);
  } else {
    reinterpret_cast<em_socket_callback>(callback)(fd, user_data);
  }
}

// The thread of the callback.
void run(void* arg) {
  auto* event = static_cast<Event*>(arg);
  if (*event->latest == event->serial &&
      count_closed(event->fd) == event->closed) {
    call(event->callback,
         event->user_data,
         event->fd,
         event->error,
         event->has_message ? event->message : nullptr);
  }
  free(event);
}

} // namespace

extern "C" {

// UI thread. `tid`: 0, it is its own. `callback`: null, there is none any more.
void _emscripten_deputy_socket_set(int kind,
                                   int tid,
                                   void* callback,
                                   void* user_data) {
  Registration& registration = registrations[kind];
  registration.tid = tid;
  registration.callback = callback;
  registration.user_data = user_data;
  registration.serial++;
}

// UI thread.
void _emscripten_deputy_socket_closed(int fd) {
  if (fd >= 0 && fd < DESCRIPTORS) {
    closed[fd]++;
  }
}

// UI thread. `message`: of an error, else null. False: there is no memory. A
// thread that has ended gets none.
bool _emscripten_deputy_socket_event(int kind,
                                     int fd,
                                     int error,
                                     const char* message) {
  Registration& to = registrations[kind];
  if (!to.tid) {
    call(to.callback, to.user_data, fd, error, message);
    return true;
  }
  int closed = count_closed(fd);
  size_t size = message ? strlen(message) + 1 : 0;
  auto* event = static_cast<Event*>(malloc(sizeof(Event) + size));
  if (!event) {
    return false;
  }
  // (It may have waited for malloc.)
  if (!to.callback) {
    free(event);
    return true;
  }
  *event = {&to.serial,
            to.serial,
            to.callback,
            to.user_data,
            fd,
            closed,
            error,
            message != nullptr};
  if (message) {
    memcpy(event->message, message, size);
  }
  if (!_emscripten_deputy_proxy_to(to.tid, run, event)) {
    free(event);
  }
  return true;
}

} // extern "C"
