/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// 64 MB in the origin's private file system: `write` in one page, `read` in the
// next. test_files.py drives it.

#include <assert.h>
#include <emscripten/wasmfs.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK (1 << 20)
#define BLOCKS 64
#define PATH "/lasting/file"

static uint32_t block[BLOCK / 4];

static void fill(uint32_t number) {
  uint32_t state = number + 1;
  for (int i = 0; i < BLOCK / 4; i++) {
    state = state * 1664525u + 1013904223u;
    block[i] = state;
  }
}

static void* write_file(void* unused) {
  int fd = open(PATH, O_CREAT | O_TRUNC | O_WRONLY, 0600);
  assert(fd >= 0);
  for (int i = 0; i < BLOCKS; i++) {
    fill(i);
    assert(write(fd, block, BLOCK) == BLOCK);
  }
  assert(fsync(fd) == 0);
  assert(close(fd) == 0);
  return NULL;
}

static void read_file(void) {
  struct stat found;
  assert(stat(PATH, &found) == 0);
  assert(found.st_size == (off_t)BLOCK * BLOCKS);
  int fd = open(PATH, O_RDONLY);
  assert(fd >= 0);
  static uint32_t read_back[BLOCK / 4];
  for (int i = BLOCKS - 1; i >= 0; i--) {
    assert(pread(fd, read_back, BLOCK, (off_t)i * BLOCK) == BLOCK);
    fill(i);
    assert(memcmp(block, read_back, BLOCK) == 0);
  }
  assert(close(fd) == 0);
  assert(unlink(PATH) == 0);
  assert(access(PATH, F_OK) == -1);
}

int main(int argc, char** argv) {
  assert(argc == 2);
  backend_t opfs = wasmfs_create_opfs_backend();
  assert(opfs);
  assert(wasmfs_create_directory("/lasting", 0777, opfs) == 0);
  if (strcmp(argv[1], "write") == 0) {
    // Any thread.
    pthread_t thread;
    assert(pthread_create(&thread, NULL, write_file, NULL) == 0);
    assert(pthread_join(thread, NULL) == 0);
  } else {
    read_file();
  }
  return 0;
}
