/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * IDBFS as upstream's users have it, in EM_ASM of main(): `write` in one page,
 * `read` in the next. test_files.py drives it.
 */

#include <assert.h>
#include <emscripten.h>
#include <stdio.h>
#include <string.h>

#define PATH "/lasting/file"

static const char* way;

EMSCRIPTEN_KEEPALIVE void loaded(void) {
  char line[20] = "";
  if (!strcmp(way, "write")) {
    FILE* file = fopen(PATH, "w");
    assert(file);
    fputs("kept\n", file);
    fclose(file);
    EM_ASM({ FS.syncfs(false, function(e) { out(e || 'written'); });
    });
  } else {
    FILE* file = fopen(PATH, "r");
    assert(file);
    assert(fgets(line, sizeof line, file));
    fclose(file);
    printf("%s", line);
  }
}

int main(int argc, char** argv) {
  assert(argc == 2);
  way = argv[1];
  EM_ASM({
    FS.mkdir('/lasting');
    FS.mount(IDBFS, {}, '/lasting');
    FS.syncfs(true, (e) => {
      if (e) throw e;
      _loaded();
    });
  });
}
