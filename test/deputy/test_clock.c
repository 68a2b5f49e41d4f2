/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// clock() counts from the program's start, on each thread alike.

#include <assert.h>
#include <emscripten/emscripten.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const clock_t MINUTE = 60 * CLOCKS_PER_SEC;

static clock_t of(clockid_t id) {
  struct timespec time;
  assert(!clock_gettime(id, &time));
  return time.tv_sec * CLOCKS_PER_SEC + time.tv_nsec / 1000;
}

static void* run(void* before) {
  clock_t now = clock();
  assert(now >= *(clock_t*)before && now < MINUTE);
  assert(of(CLOCK_THREAD_CPUTIME_ID) >= now);
  return NULL;
}

// By the page, on its own thread.
EMSCRIPTEN_KEEPALIVE int is_after(int before) {
  clock_t now = clock();
  return now >= before && now < MINUTE;
}

int main() {
  clock_t start = clock();
  assert(start >= 0 && start < MINUTE);
  while (clock() == start) {
  }
  double time = emscripten_get_now();
  clock_t before = clock();
  usleep(20000);
  clock_t after = clock();
  assert(of(CLOCK_PROCESS_CPUTIME_ID) >= after);
  assert(after - before >= 20000);
  assert((after - before) / 1000 <= emscripten_get_now() - time + 1);
  pthread_t thread;
  pthread_create(&thread, NULL, run, &after);
  pthread_join(thread, NULL);
  assert(MAIN_THREAD_EM_ASM_INT({ return _is_after($0); }, after));
  // Others are of the world.
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  assert(now.tv_sec > 1700000000);
  puts("done");
}
