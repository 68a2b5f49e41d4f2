/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * The queues of tasks that threads send each other. Stands in for upstream's
 * system/lib/pthread/em_task_queue.c. What is different:
 *
 * - The UI thread, when it waits in a task, runs the tasks that come after it;
 *   at its mailbox it stops when its turn is over (mailbox.c).
 * - Each thread notes the task that it runs, so that whoever waits for its end
 *   is told when the thread dies in it.
 *
 * How a queue comes to be executed. The sender, having put its task in, sets
 * `notification` to PENDING; if it was not PENDING before, the sender puts the
 * queue itself into the mailbox of the thread, which is a queue too
 * (thread_mailbox.c). The thread sets RECEIVED and takes tasks until there are
 * none. A task that comes between the last look and the end makes it PENDING
 * again, and then the queue is in the mailbox once more: nothing is lost.
 */

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "em_task_queue.h"
#include "pthread_impl.h"
#include "queues.h"
#include "thread_mailbox.h"
#include "threading_internal.h"
#include "ui_wait.h"

#define FIRST_CAPACITY 16

// ---- Queues that were destroyed ---------------------------------------------

// Linked by `zombie_next`. Freed by whoever creates the next queue, when nobody
// can come to them any more, by a notification that was under way; never by
// those who destroy them, which may have crashed with malloc's lock.
static pthread_mutex_t zombies_lock = PTHREAD_MUTEX_INITIALIZER;
static em_task_queue* zombies;

static void free_queue(em_task_queue* queue) {
  pthread_mutex_destroy(&queue->mutex);
  free(queue->tasks);
  free(queue);
}

static void free_zombies(void) {
  // Another thread may be at it; then there is a next time.
  if (!zombies || pthread_mutex_trylock(&zombies_lock)) {
    return;
  }
  _emscripten_deputy_hold_tasks();
  em_task_queue* freed = NULL;
  em_task_queue** link = &zombies;
  while (*link) {
    em_task_queue* queue = *link;
    if (queue->notification == NOTIFICATION_NONE) {
      *link = queue->zombie_next;
      queue->zombie_next = freed;
      freed = queue;
    } else {
      link = &queue->zombie_next;
    }
  }
  unlock_queue(&zombies_lock);
  // Not under the lock: free() may abort.
  while (freed) {
    em_task_queue* queue = freed;
    freed = queue->zombie_next;
    free_queue(queue);
  }
}

em_task_queue* em_task_queue_create(pthread_t thread) {
  free_zombies();
  em_task_queue* queue = calloc(1, sizeof(em_task_queue));
  task* tasks = malloc(sizeof(task) * FIRST_CAPACITY);
  if (!queue || !tasks) {
    free(queue);
    free(tasks);
    return NULL;
  }
  pthread_mutex_init(&queue->mutex, NULL);
  queue->thread = thread;
  queue->tasks = tasks;
  queue->capacity = FIRST_CAPACITY;
  return queue;
}

void em_task_queue_destroy(em_task_queue* queue) {
  lock_queue(&zombies_lock);
  queue->zombie_next = zombies;
  zombies = queue;
  unlock_queue(&zombies_lock);
}

// ---- Tasks ------------------------------------------------------------------

static bool grow(em_task_queue* queue) {
  int capacity = queue->capacity;
  task* tasks = malloc(sizeof(task) * 2 * capacity);
  if (!tasks) {
    return false;
  }
  // A ring: from the head to the end, and from the start to the tail.
  int first = capacity - queue->head;
  memcpy(tasks, queue->tasks + queue->head, sizeof(task) * first);
  memcpy(tasks + first, queue->tasks, sizeof(task) * queue->head);
  free(queue->tasks);
  queue->tasks = tasks;
  queue->head = 0;
  queue->tail = capacity - 1;
  queue->capacity = 2 * capacity;
  return true;
}

// Under the lock. False: no memory.
bool em_task_queue_enqueue(em_task_queue* queue, task t) {
  if (em_task_queue_is_full(queue)) {
    // A mailbox is locked by upstream's thread_mailbox.c, and malloc may wait.
    _emscripten_deputy_hold_tasks();
    bool has_grown = grow(queue);
    _emscripten_deputy_release_tasks();
    if (!has_grown) {
      return false;
    }
  }
  queue->tasks[queue->tail] = t;
  queue->tail = (queue->tail + 1) % queue->capacity;
  return true;
}

// Under the lock.
task em_task_queue_dequeue(em_task_queue* queue) {
  task t = queue->tasks[queue->head];
  queue->head = (queue->head + 1) % queue->capacity;
  return t;
}

static void receive(void* arg);

// Under the lock. The notifications that a mailbox begins with go to its end.
// False: there is nothing else.
static bool skip_notifications(em_task_queue* queue) {
  int size = (queue->capacity + queue->tail - queue->head) % queue->capacity;
  while (size && queue->tasks[queue->head].func == receive) {
    em_task_queue_enqueue(queue, em_task_queue_dequeue(queue));
    size--;
  }
  return size;
}

static bool take(em_task_queue* queue, bool with_notifications, task* t) {
  lock_queue(&queue->mutex);
  bool found = with_notifications ? !em_task_queue_is_empty(queue)
                                  : skip_notifications(queue);
  if (found) {
    *t = em_task_queue_dequeue(queue);
  }
  unlock_queue(&queue->mutex);
  return found;
}

// Without its lock: what is missed now is found the next time.
static bool has_tasks(em_task_queue* queue) {
  return __atomic_load_n(&queue->head, __ATOMIC_RELAXED) !=
         __atomic_load_n(&queue->tail, __ATOMIC_RELAXED);
}

static void execute(em_task_queue* queue, bool with_notifications) {
  struct deputy_notes* notes = _emscripten_deputy_notes(pthread_self());
  struct deputy_task running = {.outer = notes->task, .queue = queue};
  task t;
  while (!_emscripten_deputy_is_turn_over() &&
         take(queue, with_notifications, &t)) {
    running.cancel = t.cancel;
    running.arg = t.arg;
    notes->task = &running;
    t.func(t.arg);
    notes->task = running.outer;
  }
}

// The queue's thread, also while it runs a task of the queue already. At its
// mailbox, it stops when its turn is over.
void em_task_queue_execute(em_task_queue* queue) { execute(queue, true); }

void _emscripten_deputy_execute_all(em_task_queue* queue,
                                    bool with_notifications) {
  struct deputy_notes* notes = _emscripten_deputy_notes(pthread_self());
  double turn_end = notes->turn_end;
  notes->turn_end = 0;
  execute(queue, with_notifications);
  notes->turn_end = turn_end;
}

// The queue's thread has ended: nobody is going to run its tasks.
void em_task_queue_cancel(em_task_queue* queue) {
  task t;
  while (take(queue, true, &t)) {
    if (t.cancel) {
      t.cancel(t.arg);
    }
  }
  queue->notification = NOTIFICATION_NONE;
}

// ---- Notifications ----------------------------------------------------------

static void cancel(void* queue) { em_task_queue_cancel(queue); }

static task received(em_task_queue* queue) {
  return (task){.func = receive, .cancel = cancel, .arg = queue};
}

static void receive(void* arg) {
  em_task_queue* queue = arg;
  queue->notification = NOTIFICATION_RECEIVED;
  em_task_queue_execute(queue);
  notification_state expected = NOTIFICATION_RECEIVED;
  notification_state next =
    has_tasks(queue) ? NOTIFICATION_PENDING : NOTIFICATION_NONE;
  if (atomic_compare_exchange_strong(&queue->notification, &expected, next) &&
      next == NOTIFICATION_PENDING) {
    emscripten_thread_mailbox_send(queue->thread, received(queue));
  }
}

// Any thread. False: no memory, or the thread has ended.
bool em_task_queue_send(em_task_queue* queue, task t) {
  if (!emscripten_thread_mailbox_ref(queue->thread)) {
    return false;
  }
  lock_queue(&queue->mutex);
  bool is_sent = em_task_queue_enqueue(queue, t);
  unlock_queue(&queue->mutex);
  if (is_sent && atomic_exchange(&queue->notification, NOTIFICATION_PENDING) !=
                   NOTIFICATION_PENDING) {
    emscripten_thread_mailbox_send(queue->thread, received(queue));
  }
  emscripten_thread_mailbox_unref(queue->thread);
  return is_sent;
}

// ---- Threads that wait, or die, in a task -----------------------------------

bool _emscripten_deputy_has_tasks(void) {
  pthread_t self = pthread_self();
  if (self->mailbox && has_tasks(self->mailbox)) {
    return true;
  }
  struct deputy_task* running = _emscripten_deputy_notes(self)->task;
  for (; running; running = running->outer) {
    if (has_tasks(running->queue)) {
      return true;
    }
  }
  return false;
}

void _emscripten_deputy_run_tasks(void) {
  pthread_t self = pthread_self();
  // Of a queue that the thread is in the middle of nobody tells the mailbox
  // before its end.
  struct deputy_task* running = _emscripten_deputy_notes(self)->task;
  for (; running; running = running->outer) {
    _emscripten_deputy_execute_all(running->queue, true);
  }
  if (self->mailbox) {
    _emscripten_deputy_execute_all(self->mailbox, true);
  }
}

void _emscripten_deputy_drop_tasks(pthread_t thread,
                                   struct deputy_task* until) {
  struct deputy_notes* notes = _emscripten_deputy_notes(thread);
  while (notes->task && notes->task != until) {
    struct deputy_task* dropped = notes->task;
    notes->task = dropped->outer;
    if (dropped->cancel) {
      dropped->cancel(dropped->arg);
    }
  }
}
