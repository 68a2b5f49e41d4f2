/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * A program whose functions the page calls before main(): with -sINVOKE_RUN=0.
 */

#include <emscripten.h>
#include <emscripten/eventloop.h>
#include <stdio.h>

static int is_constructed;

__attribute__((constructor)) static void construct(void) { is_constructed = 7; }

EMSCRIPTEN_KEEPALIVE int constructed(void) { return is_constructed; }

EMSCRIPTEN_KEEPALIVE int add(int a, int b) { return a + b; }

static void later(void* arg) { printf("later\n"); }

int main(int argc, char** argv) {
  printf("main: %s\n", argv[argc - 1]);
  emscripten_set_timeout(later, argc > 2 ? 300 : 1, NULL);
  return 42;
}
