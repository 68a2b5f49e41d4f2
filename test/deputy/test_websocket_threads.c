// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// Which threads the callbacks of emscripten/websocket.h come to. The server, of
// the address that is the argument, sends two messages at once.

#include <assert.h>
#include <emscripten/emscripten.h>
#include <emscripten/html5.h>
#include <emscripten/threading.h>
#include <emscripten/websocket.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char* url;
static sem_t arrived;

static EMSCRIPTEN_WEBSOCKET_T new_socket(void) {
  EmscriptenWebSocketCreateAttributes attributes;
  emscripten_websocket_init_create_attributes(&attributes);
  attributes.url = url;
  EMSCRIPTEN_WEBSOCKET_T socket = emscripten_websocket_new(&attributes);
  assert(socket > 0);
  return socket;
}

// ---- A thread's own: nothing comes any more when the socket is deleted

static pthread_t own;
static atomic_int count;

static bool delete_at_first(int type,
                            const EmscriptenWebSocketMessageEvent* e,
                            void* data) {
  assert(pthread_equal(pthread_self(), own));
  assert(e->isText && e->numBytes == 6 && !strcmp((char*)e->data, "hello"));
  assert(data == &count && count++ == 0);
  // Time for the other one to come.
  usleep(100000);
  emscripten_websocket_delete(e->socket);
  return true;
}

static void end(void* arg) { pthread_exit(NULL); }

static void* receive(void* arg) {
  own = pthread_self();
  EMSCRIPTEN_WEBSOCKET_T socket = new_socket();
  emscripten_websocket_set_onmessage_callback(socket, &count, delete_at_first);
  emscripten_async_call(end, NULL, 500);
  emscripten_exit_with_live_runtime();
}

// ---- Another thread's, which ends with the first of them

static bool
end_at_first(int type, const EmscriptenWebSocketMessageEvent* e, void* data) {
  assert(pthread_equal(pthread_self(), *(pthread_t*)data));
  pthread_exit(NULL);
}

static void* live(void* arg) { emscripten_exit_with_live_runtime(); }

// ---- The UI thread's, while main() waits for it

static bool
post(int type, const EmscriptenWebSocketMessageEvent* e, void* data) {
  assert(emscripten_is_main_runtime_thread());
  sem_post(&arrived);
  return true;
}

int main(int argc, char** argv) {
  url = argv[1];
  sem_init(&arrived, 0, 0);
  pthread_t thread;
  pthread_create(&thread, NULL, receive, NULL);
  pthread_join(thread, NULL);
  assert(count == 1);

  pthread_create(&thread, NULL, live, NULL);
  EMSCRIPTEN_WEBSOCKET_T other = new_socket();
  emscripten_websocket_set_onmessage_callback_on_thread(
    other, &thread, end_at_first, thread);
  pthread_join(thread, NULL);

  EMSCRIPTEN_WEBSOCKET_T ui = new_socket();
  emscripten_websocket_set_onmessage_callback_on_thread(
    ui, NULL, post, EM_CALLBACK_THREAD_CONTEXT_MAIN_RUNTIME_THREAD);
  sem_wait(&arrived);
  sem_wait(&arrived);
  emscripten_websocket_deinitialize();
  printf("done\n");
}
