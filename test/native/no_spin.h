/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * adaptive_spin.h for the Model that is declared before this is included.
 */
#pragma once

// A look before a sleep changes nothing: the sleep looks as well.
template<> class deputy::AdaptiveSpin<Model> {
public:
  void enable(bool) {}
  bool changes(const std::atomic<uint32_t>&, uint32_t) { return false; }
};
