/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Activations: the calls of promising exports (JSPI), on the UI thread and, of
 * the page's, on threads that serve. The engine suspends their wasm frames, and
 * other code runs on the same thread meanwhile, other activations too. What is
 * a thread's alone, and must be each activation's own, is exchanged whenever
 * one is entered or left: the stack, errno, what it waits for, and on the UI
 * thread the tid, by which locks know their owner. libdeputy_jspi.js says when.
 *
 * Of each thread its own. (One that ends leaves their stacks: they may be
 * suspended.)
 */

#include "pthread_impl.h"
#include "threading_internal.h"
#include <emscripten/heap.h>
#include <emscripten/stack.h>
#include <errno.h>

#include "ui_wait.h"

#define COOKIE 0x5afe57ac

// Lies at the low end of its stack, and is used again when its call has ended.
struct activation {
  struct activation* next;
  struct activation* next_free;
  // Entered: in what of the UI thread, null for the event loop and plain calls.
  struct activation* outer;

  // While it is entered these are of what it was entered in.
  uintptr_t stack_pointer;
  uintptr_t stack_base;
  uintptr_t stack_end;
  int tid;
  int error;
  int canceldisable;
  struct deputy_wait wait;
  struct deputy_task* task;

  // What a stack that is too small overwrites first.
  uintptr_t cookie[4];
};

static _Thread_local struct activation* all;
static _Thread_local struct activation* unused;
static _Thread_local struct activation* current;

static uintptr_t low_end(struct activation* activation) {
  return (uintptr_t)(activation + 1);
}

static struct activation* new_activation(size_t stack_size) {
  size_t size = sizeof(struct activation) + stack_size;
  struct activation* activation = emscripten_builtin_memalign(16, size);
  if (!activation) {
    return NULL;
  }
  activation->tid = emscripten_is_main_runtime_thread()
                      ? _emscripten_get_next_tid()
                      : __pthread_self()->tid;
  activation->stack_base = ((uintptr_t)activation + size) & -16;
  activation->stack_end = low_end(activation);
  for (int i = 0; i < 4; i++) {
    activation->cookie[i] = COOKIE;
  }
  activation->next = all;
  all = activation;
  return activation;
}

// Null when there is no memory.
struct activation* _emscripten_deputy_activation_new(size_t stack_size) {
  struct activation* activation = unused;
  if (activation) {
    unused = activation->next_free;
  } else if (!(activation = new_activation(stack_size))) {
    return NULL;
  }
  activation->stack_pointer = activation->stack_base;
  activation->error = 0;
  activation->canceldisable = __pthread_self()->canceldisable;
  activation->wait = (struct deputy_wait){0};
  activation->task = NULL;
  return activation;
}

void _emscripten_deputy_activation_free(struct activation* activation) {
  activation->next_free = unused;
  unused = activation;
}

// Null outside of any.
struct activation* _emscripten_deputy_activation(void) { return current; }

#define SWAP(a, b)                                                             \
  do {                                                                         \
    __typeof__(a) value = a;                                                   \
    a = b;                                                                     \
    b = value;                                                                 \
  } while (0)

// Enters `activation`, or leaves it when it is the current one. The stack
// pointer was `stack_pointer`; returns what it must be now, or 0 when the stack
// has overflowed.
uintptr_t _emscripten_deputy_activation_switch(struct activation* activation,
                                               uintptr_t stack_pointer) {
  if (activation == current) {
    current = activation->outer;
    if (stack_pointer < low_end(activation)) {
      return 0;
    }
  } else {
    activation->outer = current;
    current = activation;
  }
  for (int i = 0; i < 4; i++) {
    if (activation->cookie[i] != COOKIE) {
      return 0;
    }
  }
  struct pthread* self = __pthread_self();
  SWAP(self->tid, activation->tid);
  SWAP(errno, activation->error);
  SWAP(self->canceldisable, activation->canceldisable);
  struct deputy_notes* notes = _emscripten_deputy_notes(self);
  SWAP(notes->wait, activation->wait);
  SWAP(notes->task, activation->task);
  uintptr_t base = emscripten_stack_get_base();
  uintptr_t end = emscripten_stack_get_end();
  emscripten_stack_set_limits((void*)activation->stack_base,
                              (void*)activation->stack_end);
  activation->stack_base = base;
  activation->stack_end = end;
  uintptr_t next = activation->stack_pointer;
  activation->stack_pointer = stack_pointer;
  return next;
}

// ---- Called by ui_wait.cpp --------------------------------------------------

// (While one is entered it has the tid of what it was entered in.)
bool _emscripten_deputy_is_activation(int tid) {
  if (tid == __pthread_self()->tid) {
    return true;
  }
  for (struct activation* each = all; each; each = each->next) {
    if (each->tid == tid) {
      return true;
    }
  }
  return false;
}

int _emscripten_deputy_activation_tid(struct activation* activation) {
  return activation->tid;
}

struct deputy_wait*
_emscripten_deputy_activation_wait(struct activation* activation) {
  return &activation->wait;
}
