/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * The mailbox of a thread: the queue of what others have it run at its event
 * loop. Upstream's system/lib/pthread/thread_mailbox.c, with its own way to
 * send and to check:
 *
 * - A thread that is at its mailbox is not woken. `notification` is NONE while
 *   it is not, RECEIVED while it is, and PENDING from the first task on that it
 *   may not have seen. Before it leaves it swaps RECEIVED for NONE; if that
 *   fails it looks again. So whoever finds anything but NONE need not wake it.
 * - When the caller of a task did not sleep until its end, the next call is
 *   likely to come soon: the thread looks for it a while before it leaves. Then
 *   neither has to be woken, which is what takes the time (proxying.c has the
 *   other half).
 * - The UI thread leaves after a frame's share, and goes on in its next turn.
 *
 * handshake.h has the steps, and their order.
 */

#include <emscripten/emscripten.h>

#include "call.h"
#include "event.h"
#include "handshake.h"
#include "queues.h"

#define _emscripten_check_mailbox check_as_upstream
#define emscripten_thread_mailbox_send send_as_upstream
#include "../pthread/thread_mailbox.c"
#undef _emscripten_check_mailbox
#undef emscripten_thread_mailbox_send

// How long the UI thread runs tasks in a turn of its event loop, at most one
// longer: a quarter of a frame; and a thread that serves calls of the page's.
#define TURN_MS 4
#define SERVER_TURN_MS 20

// How long a thread that has served a call of the page's waits for the next
// before it is back at its event loop, out of which it takes longer to wake.
#define LINGER_MS 1

// In libdeputy_proxy.js. Any thread: checks its mailbox in a turn of its own.
void _emscripten_deputy_check_again_js(void);

_Static_assert(sizeof(notification_state) == sizeof(int), "");

static atomic_int* word_of(em_task_queue* mailbox) {
  return (atomic_int*)&mailbox->notification;
}

bool _emscripten_deputy_wake(pthread_t thread) {
  if (!mail_has_come(word_of(thread->mailbox))) {
    return false;
  }
  struct call_server* server = _emscripten_deputy_notes(thread)->call_server;
  if (server && _emscripten_deputy_wake_server(server)) {
    // It was waiting for mail in there.
  } else if (thread->waiting_async) {
    __builtin_wasm_memory_atomic_notify((int*)thread, -1);
  } else {
    _emscripten_notify_mailbox_postmessage(thread, pthread_self());
  }
  return true;
}

enum deputy_sent _emscripten_deputy_mailbox_send(pthread_t thread, task t) {
  em_task_queue* mailbox = thread->mailbox;
  lock_queue(&mailbox->mutex);
  bool is_sent = em_task_queue_enqueue(mailbox, t);
  unlock_queue(&mailbox->mutex);
  if (!is_sent) {
    return DEPUTY_NOT_SENT;
  }
  bool must_wake = _emscripten_deputy_wake(thread);
  // In Node.js the UI thread may be asleep in a wait.
  if (thread == emscripten_main_runtime_thread_id()) {
    _emscripten_thread_notify(thread);
  }
  return must_wake ? DEPUTY_WOKEN : DEPUTY_SENT;
}

void emscripten_thread_mailbox_send(pthread_t thread, task t) {
  if (!_emscripten_deputy_mailbox_send(thread, t)) {
    emscripten_err("out of memory: a call to another thread is lost");
    abort();
  }
}

static void look(em_task_queue* mailbox, struct call_server* server) {
  for (int i = 0; i < DEPUTY_LOOKS; i++) {
    if (mailbox->notification != NOTIFICATION_RECEIVED ||
        (server && _emscripten_deputy_has_calls(server))) {
      return;
    }
  }
}

// The thread. False: something has come, for which a thread that serves calls
// waits up to `ms`.
bool _emscripten_deputy_leave_mail(double ms) {
  pthread_t self = pthread_self();
  struct call_server* server = _emscripten_deputy_notes(self)->call_server;
  return mail_leave(word_of(self->mailbox)) &&
         (!server || _emscripten_deputy_leave_calls(server, ms));
}

// The thread. Not any more when it has begun to end: destructors may sleep,
// too.
bool _emscripten_deputy_has_mailbox(void) { return pthread_self()->mailbox; }

// What is left comes in another turn.
void _emscripten_deputy_leave_mail_for_now(void) {
  pthread_t self = pthread_self();
  struct call_server* server = _emscripten_deputy_notes(self)->call_server;
  mail_leave_for_now(word_of(self->mailbox));
  if (server) {
    _emscripten_deputy_leave_calls_for_now(server);
  }
  _emscripten_deputy_check_again_js();
}

// Any thread. Whether something is in there for it.
bool _emscripten_deputy_has_mail(void) {
  struct call_server* server =
    _emscripten_deputy_notes(pthread_self())->call_server;
  return _emscripten_deputy_has_tasks() ||
         (server && _emscripten_deputy_has_calls(server)) ||
         (_emscripten_deputy_has_events && _emscripten_deputy_has_events());
}

// In the middle of the program.
void _emscripten_deputy_receive_mail(void) {
  em_task_queue* mailbox = pthread_self()->mailbox;
  mail_receive(word_of(mailbox));
  _emscripten_deputy_execute_all(mailbox, true);
}

bool _emscripten_deputy_is_turn_over(void) {
  double end = _emscripten_deputy_notes(pthread_self())->turn_end;
  return end && emscripten_get_now() >= end;
}

// Any thread, from its event loop.
void _emscripten_check_mailbox(void) {
  pthread_t self = pthread_self();
  em_task_queue* mailbox = self->mailbox;
  if (!mailbox) {
    return;
  }
  struct deputy_notes* notes = _emscripten_deputy_notes(self);
  struct call_server* server = notes->call_server;
  notes->is_at_mailbox = true;
  if (server || emscripten_is_main_runtime_thread()) {
    notes->turn_end =
      emscripten_get_now() + (server ? SERVER_TURN_MS : TURN_MS);
  }
  bool has_served;
  do {
    notes->is_awaited = false;
    mail_receive(word_of(mailbox));
    em_task_queue_execute(mailbox);
    has_served = server && _emscripten_deputy_serve_calls(server);
    if (!server && _emscripten_deputy_run_events) {
      _emscripten_deputy_run_events(NULL);
    }
    if (_emscripten_deputy_is_turn_over()) {
      _emscripten_deputy_leave_mail_for_now();
      break;
    }
    if (notes->is_awaited || has_served) {
      look(mailbox, server);
    }
  } while (!_emscripten_deputy_leave_mail(has_served ? LINGER_MS : 0));
  notes->turn_end = 0;
  notes->is_at_mailbox = false;
  // One of the tasks may have been pthread_cancel's.
  __pthread_testcancel();
}

// Any thread, back from there, by an exception perhaps: whoever waits for what
// that has ended is told, and the rest comes in another turn.
void _emscripten_deputy_leave_mailbox(void) {
  pthread_t self = pthread_self();
  if (!self) {
    return; // It ended in there.
  }
  _emscripten_deputy_drop_tasks(self, NULL);
  struct deputy_notes* notes = _emscripten_deputy_notes(self);
  if (notes->is_at_mailbox) {
    notes->is_at_mailbox = false;
    notes->turn_end = 0;
    _emscripten_deputy_leave_mail_for_now();
  }
}
