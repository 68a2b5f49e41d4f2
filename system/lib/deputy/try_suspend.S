# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# int _emscripten_deputy_try_suspend(void* address, uint32_t expected, double ms)
#
# Suspends the call that the UI thread runs until the futex is woken, and returns
# what emscripten_futex_wait does; or 1 where it can't be suspended, because it
# came through no promising export, or through JavaScript since then. Only the
# engine knows: it throws in place of the import. C can't catch that.

#ifdef __wasm64__
#define PTR i64
#else
#define PTR i32
#endif

.functype _emscripten_deputy_suspend_js (PTR, i32, f64) -> (i32)

.globl _emscripten_deputy_try_suspend

.section .text,"",@

_emscripten_deputy_try_suspend:
  .functype _emscripten_deputy_try_suspend (PTR, i32, f64) -> (i32)
#ifdef LEGACY_EXCEPTIONS
  try i32
  local.get 0
  local.get 1
  local.get 2
  call _emscripten_deputy_suspend_js
  catch_all
  i32.const 1
  end_try
#else
  block
  try_table (catch_all 0)
  local.get 0
  local.get 1
  local.get 2
  call _emscripten_deputy_suspend_js
  return
  end_try_table
  end_block
  i32.const 1
#endif
  end_function

# One feature, used (+): the assembler does not say so by itself.
.section .custom_section.target_features,"",@
.int8 1
.int8 43
.int8 18
.ascii "exception-handling"
