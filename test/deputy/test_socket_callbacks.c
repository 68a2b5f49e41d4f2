// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// emscripten_set_socket_*_callback(): callbacks come to the thread that has set
// them, also those of what happened before. The argument is a port, whose
// server sends two messages, and when it has got one another, and closes.

#include <arpa/inet.h>
#include <assert.h>
#include <emscripten/emscripten.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define NOBODYS_PORT 1

static pthread_t main_thread;
static pthread_t thread;
static int refused;

static int connect_to(int port) {
  int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  assert(fd >= 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  connect(fd, (struct sockaddr*)&address, sizeof(address));
  return fd;
}

static void opened(int fd, void* data) {
  assert(pthread_equal(pthread_self(), main_thread));
  printf("open %s\n", (char*)data);
}

static void received(int fd, void* data) {
  assert(pthread_equal(pthread_self(), main_thread));
  char text[16] = "";
  assert(recv(fd, text, sizeof(text) - 1, 0) > 0);
  printf("message %s\n", text);
}

static void closed(int fd, void* data) {
  assert(pthread_equal(pthread_self(), main_thread));
  printf("close\n");
  close(fd);
  emscripten_force_exit(0);
}

static int take_error(int fd) {
  int error;
  socklen_t size = sizeof(error);
  assert(!getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size));
  return error;
}

static void failed(int fd, int error, const char* message, void* data) {
  assert(pthread_equal(pthread_self(), thread));
  assert(fd == refused && strlen(message));
  printf("error\n");
  assert(error && take_error(fd) == error);
  close(fd);
  pthread_exit(NULL);
}

static void* refuse(void* arg) {
  refused = connect_to(NOBODYS_PORT);
  emscripten_set_socket_error_callback(NULL, failed);
  return NULL;
}

int main(int argc, char** argv) {
  int port;
  assert(argc == 2 && sscanf(argv[1], "%d", &port) == 1);
  main_thread = pthread_self();
  pthread_create(&thread, NULL, refuse, NULL);
  pthread_join(thread, NULL);
  // Of the callback for errors the thread has ended.
  int nobodys = connect_to(NOBODYS_PORT);
  while (!take_error(nobodys)) {
    usleep(1000);
  }
  close(nobodys);
  int fd = connect_to(port);
  int available;
  do {
    usleep(1000);
    assert(!ioctl(fd, FIONREAD, &available));
  } while (!available);
  // Time for the other message to come. (If it is too short all goes well,
  // too.)
  usleep(100000);
  emscripten_set_socket_open_callback("socket", opened);
  emscripten_set_socket_message_callback(NULL, received);
  emscripten_set_socket_close_callback(NULL, closed);
  assert(send(fd, "go on", 5, 0) == 5);
  emscripten_exit_with_live_runtime();
}
