/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * The words by which threads tell each other of mail (mailbox.c) and of the end
 * of a call (proxying.c). Nothing else, so that test/native/, which is C++ and
 * brings its own atomic_int, can run it in every order.
 *
 * All accesses are seq_cst.
 */
#pragma once

#ifndef __cplusplus
#include <stdatomic.h>
#include <stdbool.h>

#include "proxying_notification_state.h"
#endif

// ---- Mail. The word of a mailbox: NONE while its thread is not there,
// RECEIVED while it is, PENDING from the first task on that it may not have
// seen.

// The sender, when the task is in the queue. Whether the thread must be woken.
// The queue is the partner: the thread writes RECEIVED, and then looks into it,
// so one of the two sees the other.
static inline bool mail_has_come(atomic_int* word) {
  return atomic_exchange(word, NOTIFICATION_PENDING) == NOTIFICATION_NONE;
}

// The thread, before it looks into the queue.
static inline void mail_receive(atomic_int* word) {
  atomic_store(word, NOTIFICATION_RECEIVED);
}

// The thread, when there is nothing more. False: something has come meanwhile.
static inline bool mail_leave(atomic_int* word) {
  int expected = NOTIFICATION_RECEIVED;
  return atomic_compare_exchange_strong(word, &expected, NOTIFICATION_NONE);
}

// The thread, which looks again in another turn: nobody need wake it.
static inline void mail_leave_for_now(atomic_int* word) {
  atomic_store(word, NOTIFICATION_PENDING);
}

// ---- Calls. The word of one that is waited for, on its caller's stack.

enum call_state {
  CALL_PENDING,
  CALL_SLEEPING,
  CALL_ABANDONED,
  CALL_DONE,
  CALL_CANCELED
};

// The caller. Whether it must sleep, while the word is SLEEPING.
static inline bool call_sleep(atomic_int* word) {
  int expected = CALL_PENDING;
  return atomic_compare_exchange_strong(word, &expected, CALL_SLEEPING);
}

// The caller, which sleeps. Whether it may go without the end.
static inline bool call_abandon(atomic_int* word) {
  int expected = CALL_SLEEPING;
  return atomic_compare_exchange_strong(word, &expected, CALL_ABANDONED);
}

// Whoever ends it, and from then on does not touch it. What it was: SLEEPING
// has to be woken by the word's address, which may be another's by then. A
// release of the result; the caller's load of the word is the acquire.
static inline int call_end(atomic_int* word, int how) {
  return atomic_exchange(word, how);
}
