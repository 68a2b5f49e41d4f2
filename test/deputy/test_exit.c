/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// All ways in which a program ends: argv[1] names one; with argv[2] a thread
// has crashed before, and was joined.

#include <emscripten/eventloop.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void* exit_from_thread(void* arg) { exit(24); }

static void* trap(void* arg) { __builtin_trap(); }

static void later(void* arg) { printf("later\n"); }

static void at_exit(void) { printf("atexit\n"); }

int main(int argc, char** argv) {
  const char* way = argc > 1 ? argv[1] : "";
  printf("%s\n", way);
  atexit(at_exit);
  if (argc > 2) {
    pthread_t thread;
    pthread_create(&thread, NULL, trap, NULL);
    pthread_join(thread, NULL);
  }
  if (!strcmp(way, "return")) {
    return 21;
  }
  if (!strcmp(way, "exit")) {
    exit(22);
  }
  if (!strcmp(way, "_Exit")) {
    _Exit(23);
  }
  if (!strcmp(way, "quick_exit")) {
    quick_exit(27);
  }
  if (!strcmp(way, "cancel")) {
    pthread_cancel(pthread_self());
    pthread_testcancel();
  }
  if (!strcmp(way, "thread_traps")) {
    pthread_t thread;
    pthread_create(&thread, NULL, trap, NULL);
    pause();
  }
  if (!strcmp(way, "exit_from_thread")) {
    pthread_t thread;
    pthread_create(&thread, NULL, exit_from_thread, NULL);
    pause();
  }
  if (!strcmp(way, "pthread_exit")) {
    pthread_exit(NULL);
  }
  if (!strcmp(way, "keepalive")) {
    // Returns with a timer still running: the program is over when that is.
    emscripten_set_timeout(later, 50, NULL);
    return 25;
  }
  if (!strcmp(way, "abort")) {
    abort();
  }
  if (!strcmp(way, "trap")) {
    __builtin_trap();
  }
  return 1;
}
