/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Threads at work while something goes wrong: argv[1] says what (see
// test_faults.py), argv[2] after how many ms, argv[3] where randomness begins.
// What fails with an error is tried again, or left out.

#include <assert.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <emscripten/html5.h>
#include <emscripten/proxying.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 4, MANY = 500 };

static const char* fault;
static atomic_bool is_over;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static bool goes;

static bool is_fault(const char* name) { return !strcmp(fault, name); }

static uint32_t next(uint32_t* state) {
  // xorshift, Marsaglia 2003.
  *state ^= *state << 13;
  *state ^= *state >> 17;
  return *state ^= *state << 5;
}

// Called by the page.
EMSCRIPTEN_KEEPALIVE int work(int value) {
  void* volatile block = malloc(1 + value % 100000);
  free(block);
  return value + 1;
}

static void throw_on_purpose(void* arg) {
  EM_ASM({ throw new Error('thrown on purpose'); });
}

static void throw_in_main_loop(void) { throw_on_purpose(NULL); }

static bool
throw_in_event(int type, const EmscriptenUiEvent* event, void* arg) {
  throw_on_purpose(NULL);
  return true;
}

static void throw_at_exit(void) { throw_on_purpose(NULL); }

static void* nothing(void* arg) { return arg; }

static void wait_ms(uint32_t ms) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += ms * 1000000;
  until.tv_sec += until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  pthread_mutex_lock(&mutex);
  pthread_cond_timedwait(&cond, &mutex, &until);
  pthread_mutex_unlock(&mutex);
}

static void step(uint32_t* random) {
  switch (next(random) % 7) {
    case 0: {
      void* volatile block = malloc(next(random) % (1 << 20));
      free(block);
      break;
    }
    case 1: {
      pthread_t thread;
      if (!pthread_create(&thread, NULL, nothing, &thread)) {
        // (Where its worker's script does not load it is cancelled.)
        void* result;
        assert(!pthread_join(thread, &result) &&
               (result == &thread || result == PTHREAD_CANCELED));
      }
      break;
    }
    case 2:
      // A clock that is set may end it at once, or much later.
      if (!is_fault("clock")) {
        wait_ms(next(random) % 4);
      }
      break;
    case 3:
      pthread_cond_broadcast(&cond);
      break;
    case 4:
      assert(MAIN_THREAD_EM_ASM_INT({ return $0 + 1; }, 41) == 42);
      break;
    case 5:
      MAIN_THREAD_ASYNC_EM_ASM({ globalThis['steps']++; });
      break;
    case 6:
      usleep(next(random) % 3000);
      break;
  }
}

static void* loop(void* seed) {
  uint32_t random = (uintptr_t)seed;
  while (!is_over) {
    step(&random);
  }
  return NULL;
}

// What goes wrong in a thread other than the deputy.
static void* fail(void* arg) {
  if (is_fault("exit_from_thread")) {
    exit(0);
  } else if (is_fault("trap")) {
    __builtin_trap();
  } else if (is_fault("abort_from_thread")) {
    abort();
  } else if (is_fault("throw")) {
    MAIN_THREAD_EM_ASM({ throw new Error('thrown on purpose'); });
  } else if (is_fault("throw_async")) {
    MAIN_THREAD_ASYNC_EM_ASM({ throw new Error('thrown on purpose'); });
  } else if (is_fault("throw_in_thread")) {
    throw_on_purpose(NULL);
  } else if (is_fault("throw_in_key")) {
    pthread_key_t key;
    assert(!pthread_key_create(&key, throw_on_purpose));
    assert(!pthread_setspecific(key, &key));
  } else if (is_fault("throw_in_cleanup")) {
    pthread_cleanup_push(throw_on_purpose, NULL);
    pthread_exit(NULL);
    pthread_cleanup_pop(0);
  }
  return NULL;
}

// At the event loop of the deputy. Whether there is to be one.
static bool throw_later(void) {
  if (is_fault("throw_in_timer")) {
    emscripten_set_timeout(throw_on_purpose, 0, NULL);
  } else if (is_fault("throw_in_main_loop")) {
    emscripten_set_main_loop(throw_in_main_loop, 0, false);
  } else if (is_fault("throw_in_async_call")) {
    emscripten_async_call(throw_on_purpose, NULL, 1);
  } else if (is_fault("throw_in_task")) {
    assert(emscripten_proxy_async(emscripten_proxy_get_system_queue(),
                                  pthread_self(),
                                  throw_on_purpose,
                                  NULL));
  } else if (is_fault("throw_in_event")) {
    assert(!emscripten_set_resize_callback(
      EMSCRIPTEN_EVENT_TARGET_WINDOW, NULL, false, throw_in_event));
    MAIN_THREAD_ASYNC_EM_ASM({ dispatchEvent(new Event('resize')); });
  } else if (is_fault("throw_in_exit")) {
    atexit(throw_at_exit);
    return false;
  } else {
    return false;
  }
  return true;
}

static void* wait_to_go(void* arg) {
  pthread_mutex_lock(&mutex);
  while (!goes) {
    pthread_cond_wait(&cond, &mutex);
  }
  pthread_mutex_unlock(&mutex);
  return arg;
}

// More than there may be.
static void create_many(void) {
  static pthread_t threads[MANY];
  int count = 0;
  for (int i = 0; i < MANY; i++) {
    int error = pthread_create(&threads[count], NULL, wait_to_go, &threads[i]);
    assert(!error || error == EAGAIN);
    count += !error;
  }
  pthread_mutex_lock(&mutex);
  goes = true;
  pthread_cond_broadcast(&cond);
  pthread_mutex_unlock(&mutex);
  for (int i = 0; i < count; i++) {
    assert(!pthread_join(threads[i], NULL));
  }
}

int main(int argc, char** argv) {
  fault = argv[1];
  double end = emscripten_get_now() + atof(argv[2]);
  uint32_t random = strtoul(argv[3], NULL, 0);
  pthread_t threads[THREADS];
  int count = 0;
  for (int i = 0; i < THREADS; i++) {
    void* seed = (void*)(uintptr_t)(next(&random) | 1);
    count += !pthread_create(&threads[count], NULL, loop, seed);
  }
  while (emscripten_get_now() < end || is_fault("terminate")) {
    step(&random);
    emscripten_deputy_wait(1);
  }
  if (is_fault("exit")) {
    exit(0);
  } else if (is_fault("abort")) {
    abort();
  } else if (is_fault("pthread_exit")) {
    is_over = true;
    pthread_exit(NULL);
  } else if (is_fault("many")) {
    create_many();
  } else if (throw_later()) {
    emscripten_exit_with_live_runtime();
  }
  pthread_t thread;
  if (!pthread_create(&thread, NULL, fail, NULL)) {
    pthread_join(thread, NULL);
  }
  is_over = true;
  for (int i = 0; i < count; i++) {
    assert(!pthread_join(threads[i], NULL));
  }
  return 0;
}
