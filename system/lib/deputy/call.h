/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * What mailbox.c calls of call.cpp, on a thread that serves calls of the
 * page's: it is woken, and looks, for them as for its mail.
 */
#pragma once

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

// Of a thread; deputy_notes.call_server.
struct call_server;

// The thread, at its mailbox. Runs calls that have come, until its turn is
// over. Whether there was one.
bool _emscripten_deputy_serve_calls(struct call_server* server);

// The thread. Whether there is one that has not been looked at.
bool _emscripten_deputy_has_calls(struct call_server* server);

// The thread, before it leaves, until it is back. The first waits for `ms` at
// most for a call, or other mail. False: something has come.
bool _emscripten_deputy_leave_calls(struct call_server* server, double ms);
void _emscripten_deputy_leave_calls_for_now(struct call_server* server);

// The thread, when it begins to end, but not in a crash, or with its worker:
// tells the page, and waits until it knows. Any thread, in its place: tells a
// page that waits for a call.
void _emscripten_deputy_close_calls(struct call_server* server);
void _emscripten_deputy_end_calls(struct call_server* server);

// Any thread that has sent it other mail. Whether it sleeps there, and wakes.
bool _emscripten_deputy_wake_server(struct call_server* server);

#ifdef __cplusplus
}
#endif
