// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// emscripten_set_socket_*_callback(): of a socket that was closed nothing comes
// any more, also not as another's that has its number. The argument is a port,
// whose server sends two messages at once.

#include <arpa/inet.h>
#include <assert.h>
#include <emscripten/emscripten.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int port;
static int count;

static void connect_again(void* unused);

static void received(int fd, void* data) {
  printf("message %d\n", ++count);
  // Time for the other one to come.
  usleep(100000);
  if (count == 1) {
    close(fd);
    int other = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    assert(other == fd);
    emscripten_async_call(connect_again, NULL, 200);
  } else if (count == 2) {
    int null = open("/dev/null", O_RDWR);
    assert(dup2(null, fd) == fd);
    emscripten_async_call(connect_again, NULL, 200);
  } else if (count == 4) {
    emscripten_force_exit(0);
  }
}

static void connect_again(void* unused) {
  int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  connect(fd, (struct sockaddr*)&address, sizeof(address));
  printf("connect\n");
}

int main(int argc, char** argv) {
  assert(argc == 2 && sscanf(argv[1], "%d", &port) == 1);
  emscripten_set_socket_message_callback(NULL, received);
  connect_again(NULL);
  emscripten_exit_with_live_runtime();
}
