/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * What event.c and those that run its events call of each other. event.c is in
 * programs that use events of html5.h alone, hence the weak symbols.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Any thread, but it is the deputy that has some. Runs those that came before
// the page had written more of its calls than `read` (call_ring.h), or all.
// False: the thread's turn is over, and there may be more of the former.
__attribute__((__weak__)) bool
_emscripten_deputy_run_events(const uint32_t* read);

// The same. Whether there is one.
__attribute__((__weak__)) bool _emscripten_deputy_has_events(void);

// UI thread, in call.cpp. How much the page has written of calls for the
// deputy.
uint32_t _emscripten_deputy_calls_written(void);

#ifdef __cplusplus
}
#endif
