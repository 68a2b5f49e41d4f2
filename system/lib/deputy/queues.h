/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * What the files of room `proxy` call of each other: task_queue.c, mailbox.c,
 * proxying.c.
 */
#pragma once

#include <pthread.h>

#include "em_task_queue.h"
#include "ui_wait.h"

// How often a thread looks for what is about to come before it sleeps: 10 to 20
// µs. Not by the clock, which moves in steps of up to 1 ms.
#define DEPUTY_LOOKS 10000

// Whether the thread has to be woken for what it was sent.
enum deputy_sent { DEPUTY_NOT_SENT, DEPUTY_SENT, DEPUTY_WOKEN };

// Any thread, with a reference to the mailbox. Not sent: no memory.
enum deputy_sent _emscripten_deputy_mailbox_send(pthread_t thread, task t);

// Any thread, with a reference to the mailbox, when there is something for
// `thread` to find there. Takes no lock. Whether it had to be woken.
bool _emscripten_deputy_wake(pthread_t thread);

// The queue's thread: em_task_queue_execute, but for the end of its turn; of a
// mailbox perhaps without the notifications that it holds of other queues.
void _emscripten_deputy_execute_all(em_task_queue* queue,
                                    bool with_notifications);

// Any thread. Whether what it runs at its mailbox has taken long enough.
bool _emscripten_deputy_is_turn_over(void);

// The locks of queues. The UI thread, which runs tasks while it waits, does not
// while it holds, or waits for, one that those may need.
static inline int lock_queue(pthread_mutex_t* mutex) {
  _emscripten_deputy_hold_tasks();
  return pthread_mutex_lock(mutex);
}

static inline int unlock_queue(pthread_mutex_t* mutex) {
  int error = pthread_mutex_unlock(mutex);
  _emscripten_deputy_release_tasks();
  return error;
}
