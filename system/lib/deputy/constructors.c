/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Marks in the list of static constructors, which let the runtime's run on the
 * UI thread and the program's on the deputy, where they may wait for threads.
 *
 * The linker makes of all constructors one function, __wasm_call_ctors, that
 * calls them by priority: those of the runtime are 100 and below, those of the
 * program come after. tools/deputy_constructors.py finds the calls of these
 * three in it, which come first, second, and before the program's own; it
 * rewrites what stands at the left to what stands at the right, of the same
 * size, with _emscripten_deputy_is_runtimes_turn for the condition:
 *
 *   call first               if (...turn()) {
 *   call second
 *   call ... (runtime)         call ... (runtime)
 *   call third                 return; }
 *   call ... (program)       call ... (program)
 *
 * So the first call of __wasm_call_ctors, upstream's, runs the runtime's, and
 * the second, in deputy_main.cpp, those of the program. This file is linked
 * before all others: of the same priority, what is linked first runs first.
 */

// The UI thread, before there are others, and then the deputy: its creation
// orders them.
static int turns;

// (Not static: the compiler would see that nobody wants the result.)
__attribute__((noinline)) int _emscripten_deputy_is_runtimes_turn(void) {
  return turns++ == 0;
}

// What the tool knows each by. They are never called.
#define MARK(number) __asm__ volatile("i32.const " #number "\n\tdrop")

__attribute__((constructor(0))) static void first(void) { MARK(1684368500); }

// The tool reads what it calls.
__attribute__((constructor(0))) static void second(void) {
  MARK(1684368501);
  _emscripten_deputy_is_runtimes_turn();
}

__attribute__((constructor(101))) static void third(void) { MARK(1684368502); }
