/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * What page JavaScript calls. argv[1]: what main() does meanwhile; without it,
 * it returns.
 */

#include <assert.h>
#include <emscripten.h>
#include <emscripten/deputy.h>
#include <emscripten/threading.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- Values -----------------------------------------------------------------

EMSCRIPTEN_KEEPALIVE int add(int a, int b) { return a + b; }
EMSCRIPTEN_KEEPALIVE double half(double value) { return value / 2; }
EMSCRIPTEN_KEEPALIVE float third(float value) { return value / 3; }
EMSCRIPTEN_KEEPALIVE int64_t twice(int64_t value) { return 2 * value; }
EMSCRIPTEN_KEEPALIVE bool is_odd(int value) { return value & 1; }
EMSCRIPTEN_KEEPALIVE void nothing(void) {}

EMSCRIPTEN_KEEPALIVE const char* repeat(const char* text, int times) {
  static char* result;
  result = realloc(result, strlen(text) * times + 1);
  *result = 0;
  for (char* end = result; times--; end += strlen(end)) {
    strcpy(end, text);
  }
  return result;
}

// After the call it says something else.
static char changing[] = "before";
EMSCRIPTEN_KEEPALIVE const char* get_changing(void) {
  strcpy(changing, "before");
  return changing;
}
EMSCRIPTEN_KEEPALIVE void change(void) { strcpy(changing, "after!"); }

EMSCRIPTEN_KEEPALIVE const char* no_text(void) { return NULL; }
EMSCRIPTEN_KEEPALIVE int length_of(const char* text) {
  return text ? (int)strlen(text) : -1;
}
EMSCRIPTEN_KEEPALIVE unsigned sum(const unsigned char* bytes, int size) {
  unsigned result = 0;
  for (int i = 0; i < size; i++) {
    result += bytes[i];
  }
  return result;
}
EMSCRIPTEN_KEEPALIVE double sum_doubles(const double* values, int count) {
  double result = 0;
  for (int i = 0; i < count; i++) {
    result += values[i];
  }
  return result;
}
EMSCRIPTEN_KEEPALIVE void* address_of(void) { return changing; }
EMSCRIPTEN_KEEPALIVE int at(const char* address) { return *address; }

// ---- Where, and in which order ----------------------------------------------

EMSCRIPTEN_KEEPALIVE int is_deputy(void) {
  return emscripten_is_deputy_thread();
}

EMSCRIPTEN_KEEPALIVE int is_ui(void) {
  return emscripten_is_main_runtime_thread();
}

static int next;
EMSCRIPTEN_KEEPALIVE int count(int number, const char* text) {
  return number == next++ && (!text || text[strlen(text) - 1] == '.');
}

// On the deputy it is a plain call, from JavaScript there, too.
static void* look_for_deputy(void* arg) {
  return (void*)(intptr_t)emscripten_is_deputy_thread();
}

// UI thread.
EMSCRIPTEN_KEEPALIVE int is_any_deputy(int threads) {
  int found = 0;
  for (int i = 0; i < threads; i++) {
    pthread_t thread;
    void* result;
    pthread_create(&thread, NULL, look_for_deputy, NULL);
    pthread_join(thread, &result);
    found += (intptr_t)result;
  }
  return found;
}

EMSCRIPTEN_KEEPALIVE int call_back(void) {
  return EM_ASM_INT({ return Module._add(20, 22) == 42; });
}

// How many calls were in the function at once, at most.
static atomic_int inside;
static atomic_int most_inside;
EMSCRIPTEN_KEEPALIVE int stay(int ms) {
  int now = ++inside;
  if (now > most_inside) {
    most_inside = now;
  }
  usleep(1000 * ms);
  inside--;
  return most_inside;
}

// All memory but for what is smaller than `size`; and gives it back.
static struct part {
  struct part* next;
}* parts;
EMSCRIPTEN_KEEPALIVE void fill_memory(size_t size) {
  for (struct part* part; (part = malloc(size)); parts = part) {
    part->next = parts;
  }
}
EMSCRIPTEN_KEEPALIVE void free_memory(void) {
  for (struct part* part; (part = parts); free(part)) {
    parts = part->next;
  }
}

#ifdef WITH_JSPI
EMSCRIPTEN_KEEPALIVE const char* pause_and_return(const char* text, int ms) {
  emscripten_sleep(ms);
  return text;
}
#endif

EMSCRIPTEN_KEEPALIVE int nest(void) {
  emscripten_deputy_set_alertable(true);
  usleep(50000);
  int served = emscripten_deputy_poll() + emscripten_deputy_wait(20);
  emscripten_deputy_set_alertable(false);
  return served;
}

EMSCRIPTEN_KEEPALIVE int until_aborted(void) {
  MAIN_THREAD_ASYNC_EM_ASM(globalThis.hasBegun = true);
  for (int ms = 0; ms < 5000; ms++) {
    if (emscripten_deputy_call_is_aborted()) {
      return next = 1;
    }
    usleep(1000);
  }
  return 0;
}
EMSCRIPTEN_KEEPALIVE int get_next(void) { return next; }

// ---- Ends -------------------------------------------------------------------

EMSCRIPTEN_KEEPALIVE void trap(void) { __builtin_trap(); }
EMSCRIPTEN_KEEPALIVE void overflow_stack(int depth) {
  volatile char frame[10000];
  frame[depth % 10000] = 1;
  if (depth < 1000000) {
    overflow_stack(depth + frame[depth % 10000]);
  }
  frame[0] = 0;
}
EMSCRIPTEN_KEEPALIVE void throw_js(void) {
  EM_ASM({ throw new RangeError('thrown for a test'); });
}
EMSCRIPTEN_KEEPALIVE void end_program(int status) { exit(status); }
EMSCRIPTEN_KEEPALIVE void force_end(int status) {
  emscripten_force_exit(status);
}
EMSCRIPTEN_KEEPALIVE void end_thread(void) { pthread_exit(NULL); }
EMSCRIPTEN_KEEPALIVE void end_by_abort(void) { abort(); }

static atomic_bool is_held;
static atomic_bool is_let_go;

// Inline, the page's; and the holder's, under malloc's lock: see test_call.js.
EMSCRIPTEN_KEEPALIVE bool are_all_held(void) { return is_held; }
EMSCRIPTEN_KEEPALIVE void let_go(void) { is_let_go = true; }
EMSCRIPTEN_KEEPALIVE void set_held(void) { is_held = true; }
EMSCRIPTEN_KEEPALIVE bool has_let_go(void) { return is_let_go; }

static void* hold_all(void* mutex) {
  pthread_mutex_lock(mutex);
  flockfile(stdout);
  void* volatile block = malloc(1 << 30);
  free(block);
  funlockfile(stdout);
  pthread_mutex_unlock(mutex);
  return NULL;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;

EMSCRIPTEN_KEEPALIVE void have_all_held(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, hold_all, &mutex);
  pthread_detach(thread);
}

EMSCRIPTEN_KEEPALIVE int need_all(int value) {
  pthread_mutex_lock(&mutex);
  char* volatile block = malloc(10);
  block[0] = value;
  flockfile(stdout);
  value = block[0];
  funlockfile(stdout);
  free(block);
  pthread_mutex_unlock(&mutex);
  return value;
}

// What it waits for is what main() waits for as well.
static bool has_happened;
static void* happen(void* is_for_all) {
  pthread_mutex_lock(&mutex);
  has_happened = true;
  if (is_for_all) {
    pthread_cond_broadcast(&cond);
  } else {
    pthread_cond_signal(&cond);
  }
  pthread_mutex_unlock(&mutex);
  return NULL;
}

EMSCRIPTEN_KEEPALIVE bool wait_beside(bool is_for_all) {
  pthread_t thread;
  pthread_mutex_lock(&mutex);
  has_happened = false;
  pthread_create(&thread, NULL, happen, (void*)(intptr_t)is_for_all);
  while (!has_happened) {
    pthread_cond_wait(&cond, &mutex);
  }
  pthread_mutex_unlock(&mutex);
  return !pthread_join(thread, NULL);
}

// ---- What main() does -------------------------------------------------------

static atomic_bool is_done;
EMSCRIPTEN_KEEPALIVE void finish(void) {
  is_done = true;
  pthread_cond_signal(&cond);
}

// Waits for a lock all the while, and serves nothing.
static int wait_for_lock(void) {
  pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&other);
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += 300000000;
  until.tv_sec += until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  pthread_mutex_timedlock(&other, &until);
  return next;
}

#ifdef WITH_JS
void wait_on_page(int ms);
#endif

static void meanwhile(const char* way) {
  bool is_alertable = way[0] == '+';
  way += is_alertable;
  emscripten_deputy_set_alertable(is_alertable);
  if (!strcmp(way, "lock")) {
    int before = wait_for_lock();
    printf("%d\n", before);
    return;
  }
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += 20;
  int served = 0;
  int ends[2];
  assert(!pipe(ends));
  struct pollfd none = {.fd = ends[0], .events = POLLIN};
  pthread_mutex_lock(&mutex);
  for (int i = 0; !is_done; i++) {
    if (!strcmp(way, "poll")) {
      served += emscripten_deputy_poll();
    } else if (!strcmp(way, "wait")) {
      served += emscripten_deputy_wait(INFINITY);
    } else if (!strcmp(way, "usleep")) {
      usleep(200000);
    } else if (!strcmp(way, "poll()")) {
      assert(!poll(&none, 1, 200));
    } else if (!strcmp(way, "cond")) {
      pthread_cond_wait(&cond, &mutex);
    } else if (!strcmp(way, "cond_timed")) {
      pthread_cond_timedwait(&cond, &mutex, &until);
    } else if (!strcmp(way, "cond_short")) {
      clock_gettime(CLOCK_REALTIME, &until);
      until.tv_nsec += 11000000;
      until.tv_sec += until.tv_nsec / 1000000000;
      until.tv_nsec %= 1000000000;
      served += pthread_cond_timedwait(&cond, &mutex, &until) == ETIMEDOUT;
#ifdef WITH_JS
    } else if (!strcmp(way, "js")) {
      wait_on_page(200);
#endif
    } else if (!strcmp(way, "busy")) {
      // Never at its event loop.
    }
  }
  pthread_mutex_unlock(&mutex);
  printf("%d\n", served);
}

int main(int argc, char** argv) {
  assert(!emscripten_deputy_call_is_aborted());
  if (argc > 1) {
    meanwhile(argv[1]);
  }
}
