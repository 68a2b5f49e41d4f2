/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * JavaScript's FS on threads: what it does is seen by C, and by FS of every
 * other thread.
 */

#include <assert.h>
#include <emscripten.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <threads.h>

#define BIG (3 << 20)

static unsigned char big[BIG];

static void use_from_javascript(const char* folder) {
  EM_ASM(
    {
      var folder = UTF8ToString($0);
      var check = (ok, what) => {
        if (!ok) throw new Error(folder + ': ' + what);
      };
      var errno = (func) => {
        try {
          func();
        } catch (e) {
          check(e instanceof FS.ErrnoError, e);
          return e.errno;
        }
      };

      FS.mkdir(folder);
      check(errno(() => FS.mkdir(folder)) == $2, 'EEXIST');
      FS.chdir(folder);
      check(FS.cwd() == folder, 'cwd');

      FS.writeFile('text', 'grüezi\n');
      check(FS.readFile('text', { encoding: 'utf8' }) == 'grüezi\n', 'text');
      var stat = FS.stat('text');
      check(FS.isFile(stat.mode) && stat.size == 8, 'stat');
      check(stat.mtime instanceof Date && Math.abs(stat.mtime - Date.now()) < 600000, 'mtime');
      FS.utime('text', 1000, 2000);
      check(FS.stat('text').mtime.getTime() == 2000, 'utime');

      var bytes = HEAPU8.slice($4, $4 + $5);
      FS.writeFile('bytes', bytes);
      var same = FS.readFile('bytes');
      check(same.length == bytes.length && same.every((byte, i) => byte == bytes[i]), 'bytes');

      var stream = FS.open('stream', 'w+', 0o600);
      check(FS.write(stream, bytes, 10, 1000) == 1000, 'write');
      check(FS.llseek(stream, 0, 0) == 0, 'llseek');
      var part = new Uint8Array(20);
      check(FS.read(stream, part, 5, 15, 100) == 15 && part[4] == 0 && part[5] == bytes[110], 'read');
      FS.close(stream);
      check(FS.isClosed(stream), 'isClosed');
      check(errno(() => FS.close(stream)) == $3, 'EBADF');

      FS.mkdirTree(folder + '/a/b/c');
      check(FS.analyzePath('a/b/c').exists && !FS.analyzePath('a/b/d').exists, 'analyzePath');
      FS.symlink('text', 'link');
      check(FS.readlink('link') == 'text' && FS.isLink(FS.lstat('link').mode), 'symlink');
      FS.rename('stream', 'renamed');
      FS.unlink('renamed');
      check(FS.readdir('.').sort().join() == '.,..,a,bytes,link,text', 'readdir');
      check(errno(() => FS.readFile('renamed')) == $1, 'ENOENT');
      check(errno(() => FS.mkdir(null)) == $1, 'no path');
      check(errno(() => FS.open('nowhere', undefined, undefined)) == $1, 'no flags');

      FS.mkdir('mounted');
      FS.mount(MEMFS, {}, folder + '/mounted');
      FS.writeFile('mounted/hidden', 'x');
      FS.unmount(folder + '/mounted');
      check(!FS.analyzePath('mounted/hidden').exists, 'unmount');

      try {
        FS.createDevice(folder, 'device', () => 0);
        check(false, 'a function was sent');
      } catch (e) {
        check(e.message.includes('MAIN_THREAD_EM_ASM'), e);
      }
    },
    folder, ENOENT, EEXIST, EBADF, big, BIG);

  char path[50];
  snprintf(path, sizeof path, "%s/text", folder);
  FILE* file = fopen(path, "r");
  assert(file);
  char line[20];
  assert(fgets(line, sizeof line, file));
  fclose(file);
  assert(!strcmp(line, "grüezi\n"));
  snprintf(path, sizeof path, "%s/bytes", folder);
  struct stat status;
  assert(!stat(path, &status));
  assert(status.st_size == BIG);
}

static int run(void* folder) {
  use_from_javascript(folder);
  return 0;
}

int main() {
  for (int i = 0; i < BIG; i++) {
    big[i] = i * 7 + i / 1000;
  }

  use_from_javascript("/of_main");
  thrd_t thread;
  assert(thrd_create(&thread, run, "/of_thread") == thrd_success);
  thrd_join(thread, NULL);
  MAIN_THREAD_EM_ASM({
    if (FS.readdir('/of_main').join() != FS.readdir('/of_thread').join()) abort('not the same');
  });

  // The program ends when it has been called.
  EM_ASM({
    FS.syncfs((e) => {
      if (e) throw e;
      out('synchronized');
    });
    out('main returns');
  });
}
