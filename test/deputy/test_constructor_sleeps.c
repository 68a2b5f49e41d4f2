/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// A static constructor takes longer than the deputy may take to start.

#include <unistd.h>

__attribute__((constructor)) static void construct(void) { usleep(4000000); }

int main(void) { return 0; }
