/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * What threads write to stdout and stderr. Upstream has the UI thread write it
 * while the thread waits. Here the thread goes on: a copy is sent to the UI
 * thread, in order with all else that the thread sends there, so what it calls
 * there next comes after. Only for terminals and consoles, which take
 * everything: a file may be full. What JavaScript prints on a pthread goes the
 * same way. libdeputy_proxy.js has the other half.
 */

#include <emscripten/proxying.h>
#include <emscripten/threading.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "pthread_impl.h"
#include "queues.h"

// So much may be under way; then threads wait for the UI thread. A call that
// comes after it waits for as long as that takes to write, 10 to 20 ms; and so
// does the page, where it waits for who has made that call.
#define MOST_BYTES (64 << 10)

// In libdeputy_proxy.js. UI thread. `fd` is stdout, stderr, or one of
// libdeputy_proxy.js's own, which are negative.
void _emscripten_deputy_write_js(int fd,
                                 const struct iovec* iov,
                                 int count,
                                 size_t* written);

// Of stdin, which stays 0, stdout and stderr: whether it takes everything. Set
// by the UI thread, which owns the files.
static atomic_bool takes_all[3];

static atomic_size_t bytes_under_way;

// What was written: the next to send frees it, as malloc's lock is not for the
// UI thread to wait for. Release by the UI thread, which pushes, acquire by
// who takes them all.
static struct output* _Atomic spent;

struct output {
  struct output* next;
  int fd;
  struct iovec iov;
  size_t written;
  char data[];
};

static void write_now(void* arg) {
  struct output* output = arg;
  _emscripten_deputy_write_js(output->fd, &output->iov, 1, &output->written);
}

static void write_and_spend(void* arg) {
  struct output* output = arg;
  atomic_fetch_sub(&bytes_under_way, output->iov.iov_len);
  write_now(output);
  output->next = atomic_load_explicit(&spent, memory_order_relaxed);
  while (!atomic_compare_exchange_weak_explicit(&spent,
                                                &output->next,
                                                output,
                                                memory_order_release,
                                                memory_order_relaxed)) {
  }
}

static void free_spent(void) {
  struct output* output = NULL;
  if (atomic_load_explicit(&spent, memory_order_relaxed)) {
    output = atomic_exchange_explicit(&spent, NULL, memory_order_acquire);
  }
  while (output) {
    struct output* next = output->next;
    free(output);
    output = next;
  }
}

// UI thread. Of any file; those of the two are what it matters for.
void _emscripten_deputy_set_takes_all(int fd, bool value) {
  if (fd == 1 || fd == 2) {
    takes_all[fd] = value;
  }
}

// False: too much is under way, or there is no memory.
static bool send_copy(int fd, const struct iovec* iov, int count, size_t size) {
  if (bytes_under_way + size > MOST_BYTES) {
    return false;
  }
  free_spent();
  struct output* output = malloc(sizeof(struct output) + size);
  if (!output) {
    return false;
  }
  output->fd = fd;
  output->iov = (struct iovec){output->data, size};
  char* end = output->data;
  for (int i = 0; i < count; i++) {
    memcpy(end, iov[i].iov_base, iov[i].iov_len);
    end += iov[i].iov_len;
  }
  atomic_fetch_add(&bytes_under_way, size);
  if (!emscripten_proxy_async(emscripten_proxy_get_system_queue(),
                              emscripten_main_runtime_thread_id(),
                              write_and_spend,
                              output)) {
    atomic_fetch_sub(&bytes_under_way, size);
    free(output);
    return false;
  }
  return true;
}

// Pthread. Returns the number of bytes; -1 where the UI thread must write them
// while it waits.
int _emscripten_deputy_write(int fd, const struct iovec* iov, int count) {
  if (fd < 0 || fd > 2 || !takes_all[fd]) {
    return -1;
  }
  size_t size = 0;
  for (int i = 0; i < count; i++) {
    size += iov[i].iov_len;
  }
  return send_copy(fd, iov, count, size) ? size : -1;
}

// Pthread: what JavaScript prints, and WasmFS, which gives a line without its
// end.
void _emscripten_deputy_print(int fd, const char* text, size_t size) {
  struct output output = {.fd = fd,
                          .iov = {.iov_base = (void*)text, .iov_len = size}};
  if (!send_copy(fd, &output.iov, 1, size)) {
    emscripten_proxy_sync(emscripten_proxy_get_system_queue(),
                          emscripten_main_runtime_thread_id(),
                          write_now,
                          &output);
  }
}

static void nothing(void* unused) {}

// UI thread, when the program ends without its coming to its mailbox again:
// writes what is in there.
void _emscripten_deputy_write_rest(void) {
  em_task_queue* mailbox = pthread_self()->mailbox;
  if (!mailbox) {
    return;
  }
  // It may have been a sender that died.
  if (pthread_mutex_trylock(&mailbox->mutex)) {
    return;
  }
  struct output* first = NULL;
  struct output** last = &first;
  for (int i = mailbox->head; i != mailbox->tail;
       i = (i + 1) % mailbox->capacity) {
    task* t = &mailbox->tasks[i];
    if (t->func == write_and_spend) {
      struct output* output = t->arg;
      *last = output;
      last = &output->next;
      *t = (task){nothing, NULL, NULL};
    }
  }
  *last = NULL;
  pthread_mutex_unlock(&mailbox->mutex);
  while (first) {
    struct output* next = first->next;
    write_and_spend(first);
    first = next;
  }
}
