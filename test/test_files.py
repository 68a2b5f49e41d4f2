# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Files used from main() on the deputy: upstream's own tests, with MEMFS, which the UI thread serves, and with -sWASMFS,
# which runs where it is called; and files that last.

import pytest
from harness.build import REPO
from harness.features import need

UPSTREAM = REPO / 'build/base/test'

# Not among them are those that need what no build has in which main() is not on the page's thread: EM_ASM with the
# page's FS, NODERAWFS, output of one thread, pause() (stock's -sPROXY_TO_PTHREAD does not pass them either).
TESTS = [
  'fs/test_append.c',
  'fs/test_emptyPath.c',
  'fs/test_fs_dev_random.c',
  'fs/test_fs_mkdir_dotdot.c',
  'fs/test_fs_rename_on_existing.c',
  'fs/test_fs_symlink_resolution.c',
  'fs/test_getcwd_with_non_ascii_name.c',
  'fs/test_getdents64.c',
  'fs/test_stat_unnamed_file_descriptor.c',
  'fs/test_utimensat_nofollow.c',
  'fs/test_writev.c',
  'stdio/test_fgetc_ungetc.c',
  'stdio/test_remove.c',
  'unistd/close.c',
  'unistd/dup.c',
  'unistd/links.c',
  'wasmfs/wasmfs_chdir.c',
  'wasmfs/wasmfs_dup.c',
  'wasmfs/wasmfs_mkdir.c',
  'wasmfs/wasmfs_open_append.c',
  'wasmfs/wasmfs_seek.c',
]

# WasmFS lacks what they test: pipes that are FIFOs to stat(), some errors of rename(), pipe() and unlink(), the blocks
# of a directory; without -sFORCE_FILESYSTEM it has no FS in EM_ASM.
MEMFS_TESTS = [
  'fs/test_llseek.c',
  'fs/test_fadvise_fallocate.c',
  'stdio/test_rename.c',
  'unistd/pipe.c',
  'unistd/unlink.c',
  'wasmfs/wasmfs_stat.c',
]

only_two = pytest.mark.engines(
  'node', 'chromium', reason='the file systems are upstream\'s; what engines differ in, test_proxy.py has')


def check(build, run, engine, source, *flags):
  result = run(build(UPSTREAM / source, '-sDEPUTY_THREAD', '-sEXIT_RUNTIME', *flags), engine, expect_exit=0)
  expected = (UPSTREAM / source).with_suffix('.out')
  if expected.exists():
    assert '\n'.join(result.stdout).strip() == expected.read_text().strip()


@only_two
@pytest.mark.parametrize('source', [*TESTS, *MEMFS_TESTS])
def test_memfs(build, run, engine, source):
  check(build, run, engine, source, '-sFORCE_FILESYSTEM')


@only_two
@pytest.mark.parametrize('source', TESTS)
def test_wasmfs(build, run, engine, source):
  check(build, run, engine, source, '-sWASMFS')


# ---- JavaScript ----------------------------------------------------------------


def test_javascript(build, run, engine):
  program = build('deputy/test_files_js.c', '-sDEPUTY_THREAD', '-sEXIT_RUNTIME', '-sFORCE_FILESYSTEM')
  assert run(program, engine, expect_exit=0).stdout == ['main returns', 'synchronized']


@only_two
def test_javascript_of_wasmfs(build, run, engine, tmp_path):
  (tmp_path / 'main.c').write_text('''
    #include <emscripten.h>
    #include <stdio.h>

    int main() {
      EM_ASM({
        FS.createPath('/', 'folder/inside', true, true);
        FS.createDataFile('/folder/inside', 'file', 'line', true, true, true);
      });
      FILE* file = fopen("/folder/inside/file", "r");
      char line[10];
      puts(file ? fgets(line, sizeof line, file) : "no file");
    }
  ''')
  program = build(tmp_path / 'main.c', '-sDEPUTY_THREAD', '-sEXIT_RUNTIME', '-sFORCE_FILESYSTEM', '-sWASMFS')
  assert run(program, engine, expect_exit=0).stdout == ['line']


# ---- Files that last ---------------------------------------------------------


@pytest.mark.browser_only(reason='Node has no origin private file system')
def test_opfs(build, run, engine):
  # Written by one page, read by the next.
  need(run, engine, 'OPFS', 'navigator.storage?.getDirectory')
  program = build('deputy/test_opfs.c', '-sDEPUTY_THREAD', '-sEXIT_RUNTIME', '-sWASMFS', '-O1')
  for way in ('write', 'read'):
    run(program, engine, args=[way], expect_exit=0, timeout=60)


@pytest.mark.browser_only(reason='Node has no IndexedDB')
def test_idbfs(build, run, engine):
  program = build('deputy/test_idbfs.c', '-sDEPUTY_THREAD', '-sEXIT_RUNTIME', '-lidbfs.js', '-O1')
  for way, line in (('write', 'written'), ('read', 'kept')):
    assert run(program, engine, args=[way], expect_exit=0).stdout == [line]
