/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// What the page's JavaScript calls on the UI thread, and what the threads do
// that it then waits for. test_wait.py drives it.

#define _GNU_SOURCE // pthread_setname_np
#include <assert.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <emscripten/proxying.h>
#include <emscripten/threading.h>
#include <emscripten/wasm_worker.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_barrier_t barrier;
static mtx_t mtx;
static sem_t sem;
static em_proxying_queue* queue;
static pthread_t helper;
static atomic_int is_held, is_wanted;
static atomic_int counter;

static void milliseconds(int ms) { usleep(ms * 1000); }

// Holds it until the page wants it, and for `ms` then.
static void keep(int ms) {
  is_held = 1;
  while (!is_wanted) {
    usleep(100);
  }
  milliseconds(ms);
}

static void start(void* (*entry)(void*), intptr_t arg, const char* name) {
  is_held = is_wanted = 0;
  assert(pthread_create(&helper, NULL, entry, (void*)arg) == 0);
  assert(pthread_setname_np(helper, name) == 0);
}

// ---- Locks ------------------------------------------------------------------

static void* hold_mutex(void* ms) {
  pthread_mutex_lock(&mutex);
  keep((intptr_t)ms);
  pthread_mutex_unlock(&mutex);
  return NULL;
}

static void* hold_mtx(void* ms) {
  mtx_lock(&mtx);
  keep((intptr_t)ms);
  mtx_unlock(&mtx);
  return NULL;
}

static void* hold_write_lock(void* ms) {
  pthread_rwlock_wrlock(&rwlock);
  keep((intptr_t)ms);
  pthread_rwlock_unlock(&rwlock);
  return NULL;
}

static void* hold_file(void* ms) {
  flockfile(stdout);
  keep((intptr_t)ms);
  funlockfile(stdout);
  return NULL;
}

static int once_ms;

static void init_slowly(void) { keep(once_ms); }

static void* hold_once(void* ms) {
  once_ms = (intptr_t)ms;
  pthread_once(&once, init_slowly);
  return NULL;
}

static pthread_spinlock_t spin_lock;
static emscripten_lock_t lock = EMSCRIPTEN_LOCK_T_STATIC_INITIALIZER;

static void* hold_spin_lock(void* ms) {
  pthread_spin_lock(&spin_lock);
  keep((intptr_t)ms);
  pthread_spin_unlock(&spin_lock);
  return NULL;
}

static void* hold_lock(void* ms) {
  emscripten_lock_waitinf_acquire(&lock);
  keep((intptr_t)ms);
  emscripten_lock_release(&lock);
  return NULL;
}

static void* die_with_mutex(void* unused) {
  pthread_mutex_lock(&mutex);
  is_held = 1;
  __builtin_trap();
}

// In emmalloc, whose free() reads the block's size under the lock.
static void* die_in_free(void* unused) {
  is_held = 1;
  void* volatile nowhere = (void*)0x7ffffff8;
  free(nowhere);
  __builtin_trap();
}

static void* sleep_only(void* ms) {
  keep((intptr_t)ms);
  return NULL;
}

static void* post_later(void* ms) {
  keep((intptr_t)ms);
  sem_post(&sem);
  pthread_mutex_lock(&mutex);
  counter++;
  pthread_cond_signal(&cond);
  pthread_mutex_unlock(&mutex);
  pthread_barrier_wait(&barrier);
  return NULL;
}

// The page. Has a thread hold what `what` says for `ms`.
EMSCRIPTEN_KEEPALIVE void hold(int what, int ms) {
  static void* (*const entries[])(void*) = {hold_mutex,
                                            hold_write_lock,
                                            hold_file,
                                            hold_once,
                                            sleep_only,
                                            post_later,
                                            die_with_mutex,
                                            hold_spin_lock,
                                            hold_lock,
                                            die_in_free,
                                            hold_mtx};
  start(entries[what], ms, "holder");
}

EMSCRIPTEN_KEEPALIVE int holds(void) { return is_held; }

// The page. It is about to wait.
EMSCRIPTEN_KEEPALIVE void want(void) { is_wanted = 1; }

// The page. Each waits for what hold() has a thread hold.
EMSCRIPTEN_KEEPALIVE void wait_mutex(void) {
  assert(pthread_mutex_lock(&mutex) == 0);
  assert(pthread_mutex_unlock(&mutex) == 0);
}
EMSCRIPTEN_KEEPALIVE void wait_mtx(void) {
  assert(mtx_lock(&mtx) == thrd_success);
  assert(mtx_unlock(&mtx) == thrd_success);
}
EMSCRIPTEN_KEEPALIVE void wait_write_lock(void) {
  assert(pthread_rwlock_wrlock(&rwlock) == 0);
  assert(pthread_rwlock_unlock(&rwlock) == 0);
}
EMSCRIPTEN_KEEPALIVE void wait_read_lock(void) {
  assert(pthread_rwlock_rdlock(&rwlock) == 0);
  assert(pthread_rwlock_unlock(&rwlock) == 0);
}
EMSCRIPTEN_KEEPALIVE void wait_file(void) {
  flockfile(stdout);
  funlockfile(stdout);
}
EMSCRIPTEN_KEEPALIVE void wait_once(void) {
  assert(pthread_once(&once, init_slowly) == 0);
}
EMSCRIPTEN_KEEPALIVE void wait_join(void) {
  assert(pthread_join(helper, NULL) == 0);
}
EMSCRIPTEN_KEEPALIVE void wait_sem(void) { assert(sem_wait(&sem) == 0); }
EMSCRIPTEN_KEEPALIVE void wait_cond(void) {
  pthread_mutex_lock(&mutex);
  while (!counter) {
    pthread_cond_wait(&cond, &mutex);
  }
  counter--;
  pthread_mutex_unlock(&mutex);
}
EMSCRIPTEN_KEEPALIVE void wait_barrier(void) { pthread_barrier_wait(&barrier); }
EMSCRIPTEN_KEEPALIVE void wait_spin_lock(void) {
  pthread_spin_lock(&spin_lock);
  pthread_spin_unlock(&spin_lock);
}
EMSCRIPTEN_KEEPALIVE void wait_lock(void) {
  assert(!emscripten_lock_wait_acquire(&lock, 1000000));
  emscripten_lock_waitinf_acquire(&lock);
  emscripten_lock_release(&lock);
}
EMSCRIPTEN_KEEPALIVE void wait_busy_lock(void) {
  assert(!emscripten_lock_busyspin_wait_acquire(&lock, 1));
  emscripten_lock_busyspin_waitinf_acquire(&lock);
  emscripten_lock_release(&lock);
}
EMSCRIPTEN_KEEPALIVE void wait_malloc(void) {
  void* volatile block = malloc(100);
  free(block);
}
EMSCRIPTEN_KEEPALIVE void wait_sleep(int ms) { milliseconds(ms); }

static void nothing(void* unused) {}

// The helper, which does not come to its event loop. (While it sleeps it would
// run what the system queue has for it.)
EMSCRIPTEN_KEEPALIVE int wait_proxy(void) {
  return emscripten_proxy_sync(queue, helper, nothing, NULL);
}

EMSCRIPTEN_KEEPALIVE int wait_timed(int ms) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += ms * 1000000;
  until.tv_sec += until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  int error = pthread_mutex_timedlock(&mutex, &until);
  if (!error) {
    pthread_mutex_unlock(&mutex);
  }
  return error;
}

EMSCRIPTEN_KEEPALIVE void lock_twice(void) {
  pthread_mutex_lock(&mutex);
  pthread_mutex_lock(&mutex);
}

static void* add(void* arg) {
  counter++;
  return arg;
}

EMSCRIPTEN_KEEPALIVE void create_and_join(void) {
  pthread_t thread;
  assert(pthread_create(&thread, NULL, add, NULL) == 0);
  assert(pthread_join(thread, NULL) == 0);
}

// ---- Calls of threads that the UI thread is in the middle of ----------------

// The holder of the mutex has the UI thread call something that locks it.
static void* call_with_mutex(void* unused) {
  pthread_mutex_lock(&mutex);
  MAIN_THREAD_EM_ASM({ _wait_mutex(); });
  pthread_mutex_unlock(&mutex);
  return NULL;
}

EMSCRIPTEN_KEEPALIVE void deadlock(void) {
  start(call_with_mutex, 0, "caller");
}

// One thread holds the mutex and asks the UI thread for something, while that
// waits for the mutex, in a call of another thread.
static void* ask_with_mutex(void* unused) {
  pthread_mutex_lock(&mutex);
  is_held = 1;
  while (is_held == 1) {
    milliseconds(1);
  }
  for (int i = 0; i < 100; i++) {
    counter += MAIN_THREAD_EM_ASM_INT({ return 1; });
  }
  pthread_mutex_unlock(&mutex);
  return NULL;
}

static void lock_on_ui_thread(void* unused) {
  assert(emscripten_is_main_runtime_thread());
  is_held = 2;
  wait_mutex();
}

static void count(void* unused) { counter++; }

static void nest(em_proxying_queue* target) {
  counter = 0;
  start(ask_with_mutex, 0, "asker");
  while (!is_held) {
    milliseconds(1);
  }
  pthread_t ui = emscripten_main_runtime_thread_id();
  assert(emscripten_proxy_sync(target, ui, lock_on_ui_thread, NULL));
  pthread_join(helper, NULL);
  assert(counter == 100);
}

// What comes later to the queue that the UI thread is in the middle of.
static void wait_for_count(void* unused) {
  pthread_mutex_lock(&other);
  is_held = 1;
  while (counter < 3) {
    pthread_cond_wait(&cond, &other);
  }
  pthread_mutex_unlock(&other);
}

static void count_and_signal(void* unused) {
  pthread_mutex_lock(&other);
  counter++;
  pthread_cond_signal(&cond);
  pthread_mutex_unlock(&other);
}

static void follow(em_proxying_queue* target) {
  counter = 0;
  pthread_t ui = emscripten_main_runtime_thread_id();
  // Two that may be there before it begins to wait, and one that is not.
  is_held = is_wanted = 0;
  assert(emscripten_proxy_async(target, ui, wait_for_count, NULL));
  assert(emscripten_proxy_async(target, ui, count_and_signal, NULL));
  assert(emscripten_proxy_async(target, ui, count_and_signal, NULL));
  while (!is_held) {
    milliseconds(1);
  }
  assert(emscripten_proxy_sync(target, ui, count_and_signal, NULL));
  assert(counter == 3);
}

// ---- Mutexes of C11 ---------------------------------------------------------

static void* hold_by_timedlock(void* unused) {
  struct timespec never = {.tv_sec = INT32_MAX};
  assert(mtx_timedlock(&mtx, &never) == thrd_success);
  keep(0);
  assert(mtx_unlock(&mtx) == thrd_success);
  return NULL;
}

// Whatever the tid of the one that holds it.
static void try_held(void) {
  for (int i = 0; i < 16; i++) {
    start(hold_by_timedlock, 0, "holder");
    while (!is_held) {
      usleep(100);
    }
    assert(mtx_trylock(&mtx) == thrd_busy);
    struct timespec past = {0};
    assert(mtx_timedlock(&mtx, &past) == thrd_timedout);
    is_wanted = 1;
    pthread_join(helper, NULL);
    assert(mtx_trylock(&mtx) == thrd_success);
    assert(mtx_trylock(&mtx) == thrd_busy);
    mtx_unlock(&mtx);
  }
  mtx_t twice;
  assert(mtx_init(&twice, mtx_timed | mtx_recursive) == thrd_success);
  assert(mtx_lock(&twice) == thrd_success);
  assert(mtx_trylock(&twice) == thrd_success);
  assert(mtx_unlock(&twice) == thrd_success);
  assert(mtx_unlock(&twice) == thrd_success);
}

// ---- Threads that print -----------------------------------------------------

// Where the runtime stays after exit(), it goes on.
static void* print(void* unused) {
  while (counter < 1000) {
    printf("x\n");
    counter++;
  }
  return NULL;
}

static void start_printers(void) {
  for (int i = 0; i < 3; i++) {
    start(print, 0, "printer");
  }
  while (counter < 30) {
    milliseconds(1);
  }
}

static void print_on_ui_thread(void* unused) {
  for (int i = 0; i < 20; i++) {
    printf("y\n");
  }
}

// ---- Calls that end badly ---------------------------------------------------

static void trap(void* unused) { __builtin_trap(); }

static void* serve(void* unused) {
  is_held = 1;
  emscripten_exit_with_live_runtime();
}

extern void test_rejects(void);
extern int test_answers(void);

int main(int argc, char** argv) {
  sem_init(&sem, 0, 0);
  pthread_barrier_init(&barrier, NULL, 2);
  mtx_init(&mtx, mtx_timed);
  queue = em_proxying_queue_create();
  em_proxying_queue* system = emscripten_proxy_get_system_queue();
  const char* way = argc > 1 ? argv[1] : "serve";
  pthread_setname_np(pthread_self(), "main");

  if (!strcmp(way, "nest")) {
    nest(system);
    nest(queue);
    follow(system);
    follow(queue);
    return 0;
  }
  if (!strcmp(way, "mtx")) {
    try_held();
    return 0;
  }
  if (!strcmp(way, "exit")) {
    start_printers();
    exit(7);
  }
  if (!strcmp(way, "print")) {
    start_printers();
    for (int i = 0; i < 20; i++) {
      assert(emscripten_proxy_sync(
        system, emscripten_main_runtime_thread_id(), print_on_ui_thread, NULL));
    }
    _Exit(7);
  }
  if (!strcmp(way, "throw")) {
    MAIN_THREAD_EM_ASM({ throw new TypeError('thrown for a test'); });
    printf("went on\n");
  }
  if (!strcmp(way, "reject")) {
    assert(test_answers() == 42);
    test_rejects();
    printf("went on\n");
  }
  if (!strcmp(way, "trap")) {
    start(serve, 0, "trapper");
    while (!is_held) {
      milliseconds(1);
    }
    assert(!emscripten_proxy_sync(system, helper, trap, NULL));
    assert(!emscripten_proxy_sync(queue, helper, trap, NULL));
    printf("told\n");
  }
  if (!strcmp(way, "name")) {
    char name[16];
    assert(pthread_getname_np(pthread_self(), name, sizeof name) == 0);
    assert(!strcmp(name, "main"));
    assert(pthread_setname_np(pthread_self(), "more than fifteen") == ERANGE);
    assert(pthread_getname_np(pthread_self(), name, 15) == ERANGE);
    start(sleep_only, 1, "another");
    assert(pthread_getname_np(helper, name, sizeof name) == 0);
    assert(!strcmp(name, "another"));
    return 0;
  }
  // The deputy stays, at its event loop.
  emscripten_exit_with_live_runtime();
}
