// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// A socket, of the address that is the argument, that opens and gets messages
// before its callbacks are set. Its server closes it when it has got a message.

#include <assert.h>
#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <emscripten/websocket.h>
#include <stdio.h>
#include <unistd.h>

static bool
opened(int type, const EmscriptenWebSocketOpenEvent* e, void* data) {
  assert(emscripten_is_deputy_thread());
  printf("open\n");
  return true;
}

static bool
received(int type, const EmscriptenWebSocketMessageEvent* e, void* data) {
  assert(emscripten_is_deputy_thread());
  printf("message %s\n", (const char*)e->data);
  return true;
}

static bool
closed(int type, const EmscriptenWebSocketCloseEvent* e, void* data) {
  assert(emscripten_is_deputy_thread());
  printf("close %d\n", e->code);
  emscripten_websocket_delete(e->socket);
  emscripten_force_exit(0);
  return true;
}

int main(int argc, char** argv) {
  EmscriptenWebSocketCreateAttributes attributes;
  emscripten_websocket_init_create_attributes(&attributes);
  attributes.url = argv[1];
  EMSCRIPTEN_WEBSOCKET_T socket = emscripten_websocket_new(&attributes);
  assert(socket > 0);
  unsigned short state;
  do {
    usleep(1000);
    assert(!emscripten_websocket_get_ready_state(socket, &state));
  } while (state != 1);
  // Time for the messages to come. (If it is too short all goes well, too.)
  usleep(100000);
  emscripten_websocket_set_onopen_callback(socket, 0, opened);
  emscripten_websocket_set_onmessage_callback(socket, 0, received);
  emscripten_websocket_set_onclose_callback(socket, 0, closed);
  emscripten_websocket_send_utf8_text(socket, "go on");
  emscripten_exit_with_live_runtime();
}
