/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// One thread, or four, use files, each its own: time per operation, of all
// together.

#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

#define SIZE (4 << 20)
#define THREADS 4

static atomic_int is_over, ready, begun;
static atomic_long operations;
static void (*operation)(int);

static struct {
  char path[64];
  FILE* stream;
  int fd;
  unsigned state;
  char* buffer;
} files[THREADS];

static void check(int condition) {
  if (!condition)
    abort();
}

static long somewhere(int id, int size) {
  unsigned* state = &files[id].state;
  *state = *state * 1664525u + 1013904223u;
  return *state % (SIZE - size);
}

static void seek(int id) {
  char bytes[16];
  check(fseek(files[id].stream, somewhere(id, 16), SEEK_SET) == 0);
  check(fread(bytes, 1, 16, files[id].stream) == 16);
}

static void read_some(int id, int size) {
  check(pread(files[id].fd, files[id].buffer, size, somewhere(id, size)) ==
        size);
}

static void read_4k(int id) { read_some(id, 4 << 10); }

static void read_1m(int id) { read_some(id, 1 << 20); }

static void storm(int id) {
  char path[80];
  struct stat found;
  snprintf(path, sizeof(path), "%s.new", files[id].path);
  int fd = open(path, O_CREAT | O_WRONLY, 0600);
  check(fd >= 0 && close(fd) == 0);
  check(stat(path, &found) == 0);
  check(unlink(path) == 0);
}

static void open_file(int id) {
  snprintf(files[id].path,
           sizeof(files[id].path),
           "/tmp/bench-%d-%d",
           (int)getpid(),
           id);
  files[id].stream = fopen(files[id].path, "w+");
  check(files[id].stream != NULL);
  files[id].fd = fileno(files[id].stream);
  files[id].state = id;
  files[id].buffer = malloc(SIZE);
  check(files[id].buffer != NULL);
  memset(files[id].buffer, id, SIZE);
  check(fwrite(files[id].buffer, 1, SIZE, files[id].stream) == SIZE);
  check(fflush(files[id].stream) == 0);
}

static void close_file(int id) {
  fclose(files[id].stream);
  unlink(files[id].path);
  free(files[id].buffer);
}

static void* run(void* arg) {
  int id = (int)(long)arg;
  ready++;
  while (!begun) {
  }
  long done = 0;
  do {
    operation(id);
    done++;
  } while (!is_over);
  operations += done;
  return NULL;
}

static double batch(int threads) {
  pthread_t others[THREADS];
  is_over = ready = begun = 0;
  operations = 0;
  for (int i = 0; i < threads; i++)
    check(pthread_create(&others[i], NULL, run, (void*)(long)i) == 0);
  while (ready < threads)
    usleep(100);
  double start = bench_now_ms();
  begun = 1;
  usleep(bench_batch_ms * 1000);
  is_over = 1;
  for (int i = 0; i < threads; i++)
    pthread_join(others[i], NULL);
  return (bench_now_ms() - start) * 1e3 / operations;
}

static const struct {
  const char* name;
  void (*operation)(int);
  int threads;
} KINDS[] = {
  {"files", seek, 1},
  {"files/seek_4", seek, 4},
  {"files/read_4k_1", read_4k, 1},
  {"files/read_4k_4", read_4k, 4},
  {"files/read_1m_1", read_1m, 1},
  {"files/read_1m_4", read_1m, 4},
  {"files/storm_1", storm, 1},
  {"files/storm_4", storm, 4},
};

int main(int argc, char** argv) {
  bench_begin(argc, argv);
  for (int i = 0; i < THREADS; i++)
    open_file(i);
  for (int kind = 0; kind < sizeof(KINDS) / sizeof(*KINDS); kind++) {
    operation = KINDS[kind].operation;
    // The first is to get warm.
    batch(KINDS[kind].threads);
    for (int i = 0; i < bench_batches / 2; i++)
      bench_report(KINDS[kind].name, "us", batch(KINDS[kind].threads));
  }
  for (int i = 0; i < THREADS; i++)
    close_file(i);
  return bench_end();
}
