/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Included by a benchmark that is to be a big program: 10,000 functions, no two
 * alike, that nobody calls and nobody may leave out, 3 MB of WebAssembly.
 */
#pragma once

#define BIG_STORE(n, i) to[i] = n * 2654435761u + i;
#define BIG_4_STORES(n, i)                                                     \
  BIG_STORE(n, i) BIG_STORE(n, i + 1) BIG_STORE(n, i + 2) BIG_STORE(n, i + 3)
#define BIG_FUNCTION(n)                                                        \
  static void big_##n(volatile unsigned* to) {                                 \
    BIG_4_STORES(n, 0)                                                         \
    BIG_4_STORES(n, 4)                                                         \
    BIG_4_STORES(n, 8)                                                         \
    BIG_4_STORES(n, 12)                                                        \
    BIG_4_STORES(n, 16)                                                        \
    BIG_4_STORES(n, 20)                                                        \
    BIG_4_STORES(n, 24)                                                        \
  }
#define BIG_ADDRESS(n) big_##n,

// macro(n0) to macro(n9), and so on with more digits.
// clang-format off
#define BIG_10(macro, n)                                                       \
  macro(n##0) macro(n##1) macro(n##2) macro(n##3) macro(n##4)                  \
  macro(n##5) macro(n##6) macro(n##7) macro(n##8) macro(n##9)
#define BIG_100(macro, n)                                                      \
  BIG_10(macro, n##0) BIG_10(macro, n##1) BIG_10(macro, n##2)                  \
  BIG_10(macro, n##3) BIG_10(macro, n##4) BIG_10(macro, n##5)                  \
  BIG_10(macro, n##6) BIG_10(macro, n##7) BIG_10(macro, n##8)                  \
  BIG_10(macro, n##9)
#define BIG_1000(macro, n)                                                     \
  BIG_100(macro, n##0) BIG_100(macro, n##1) BIG_100(macro, n##2)               \
  BIG_100(macro, n##3) BIG_100(macro, n##4) BIG_100(macro, n##5)               \
  BIG_100(macro, n##6) BIG_100(macro, n##7) BIG_100(macro, n##8)               \
  BIG_100(macro, n##9)
#define BIG_10000(macro, n)                                                    \
  BIG_1000(macro, n##0) BIG_1000(macro, n##1) BIG_1000(macro, n##2)            \
  BIG_1000(macro, n##3) BIG_1000(macro, n##4) BIG_1000(macro, n##5)            \
  BIG_1000(macro, n##6) BIG_1000(macro, n##7) BIG_1000(macro, n##8)            \
  BIG_1000(macro, n##9)
// clang-format on

BIG_10000(BIG_FUNCTION, 1)

__attribute__((used)) static void (*const big_table[])(volatile unsigned*) = {
  BIG_10000(BIG_ADDRESS, 1)};
