/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// An exception that nobody catches ends main().

#include <stdexcept>

int main() { throw std::runtime_error("nobody catches this"); }
