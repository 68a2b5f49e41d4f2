# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# With -sDEPUTY_THREAD off, a program is what the base with the back-ported fixes makes of it, byte for byte.

import filecmp
import json
import os
import subprocess
from pathlib import Path

import pytest
from harness.build import REPO, compiler
from harness.stock import STOCK, assemble, lend_libraries

HERE = Path(__file__).parent
THREADS = '-pthread'

PROGRAMS = [
  ['deputy/hello.c'],
  ['deputy/hello.c', '-O1'],
  ['deputy/hello.c', '-O2'],
  ['deputy/hello.c', '-O3'],
  ['deputy/hello.c', '-Os'],
  ['deputy/hello.c', '-Oz', '--closure=1'],
  ['deputy/hello.c', '-O2', '-sMINIMAL_RUNTIME'],
  ['deputy/hello.c', '-O2', '-sSTANDALONE_WASM'],
  ['deputy/hello.c', THREADS],
  ['deputy/test_uncaught.cpp', THREADS, '-fexceptions'],
  # Not -g: DWARF has the path of the cache, which is another one.
  ['deputy/hello.c', THREADS, '-g2'],
  ['deputy/hello.c', THREADS, '-Os'],
  ['deputy/test_locks.c', THREADS, '-O1'],
  ['deputy/test_locks.c', THREADS, '-sPROXY_TO_PTHREAD'],
  ['deputy/test_locks.c', THREADS, '-sPROXY_TO_PTHREAD', '-sEXIT_RUNTIME', '-O3'],
  ['deputy/test_thread_data.cpp', THREADS, '-O2', '-sPTHREAD_POOL_SIZE=8'],
  ['deputy/test_cxx_threads.cpp', THREADS, '-std=c++20', '-O3', '-sMODULARIZE'],
  ['deputy/test_create_join.c', THREADS, '-O2', '-sEXPORT_ES6'],
  ['deputy/test_create_join.c', THREADS, '-O2', '-sALLOW_MEMORY_GROWTH', '-Wno-pthreads-mem-growth'],
  ['deputy/test_create_join.c', THREADS, '-Oz', '--closure=1'],
  ['deputy/test_create_join.c', THREADS, '-O2', '-sSINGLE_FILE'],
]


@pytest.fixture(scope='module')
def stock():
  """The base's emcc."""
  return assemble()


def outputs(emcc, folder, source, flags):
  folder.mkdir()
  if source.endswith('.c'):
    # Without it emcc links libc++, of which nothing is used: two kinds more to build.
    flags = [*flags, '-sDEFAULT_TO_CXX=0']
  suffix = 'mjs' if '-sEXPORT_ES6' in flags else 'js'
  subprocess.run([emcc, HERE / source, *flags, '-o', f'program.{suffix}'], cwd=folder, check=True, timeout=600,
                 env={**os.environ, 'EMCC_CFLAGS': ''})
  return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.xdist_group('mode_off')
@pytest.mark.parametrize('program', PROGRAMS, ids=' '.join)
def test_output_is_the_base_s(stock, tmp_path, program):
  source, *flags = program
  ours = outputs(compiler(), tmp_path / 'fork', source, flags)
  lend_libraries()
  theirs = outputs(stock, tmp_path / 'stock', source, flags)
  assert any(name.endswith(('.js', '.mjs')) for name in theirs)
  assert {name: len(data) for name, data in ours.items()} == {name: len(data) for name, data in theirs.items()}
  assert [name for name in theirs if ours[name] != theirs[name]] == []


# Of a tree: each system library's place, flags and files.
LIBRARIES = '''
import json, os, sys
sys.path.insert(0, os.getcwd())
from tools import system_libs
found = {}
for name, library in system_libs.Library.get_all_variations().items():
  library.build_dir = ''
  found[name] = [library.get_path(), library.get_cflags(), sorted(library.get_files())]
json.dump(found, sys.stdout)
'''


def libraries(tree):
  done = subprocess.run(['/usr/bin/python3', '-c', LIBRARIES], cwd=tree, capture_output=True, text=True, check=True,
                        env={**os.environ, 'EM_CONFIG': str(tree / '.emscripten')})
  return json.loads(done.stdout.replace(str(tree), ''))


@pytest.mark.xdist_group('mode_off')
@pytest.mark.usefixtures('stock')
def test_system_libraries_are_the_base_s():
  theirs, ours = libraries(STOCK), libraries(REPO / 'build' / 'sdk')
  assert len(theirs) > 300
  assert {name: library for name, library in ours.items() if name in theirs} == theirs
  assert all('deputy' in name for name in ours.keys() - theirs.keys())
  # And what those files are.
  base = STOCK / 'system'
  files = [str(path.relative_to(base)) for path in base.rglob('*') if path.is_file()]
  assert len(files) > 5000
  assert filecmp.cmpfiles(base, REPO / 'build' / 'sdk' / 'system', files, shallow=False)[1:] == ([], [])


def test_the_comparison_sees_a_difference(tmp_path):
  plain = outputs(compiler(), tmp_path / 'plain', 'deputy/hello.c', ['-O1', THREADS, '-sPROXY_TO_PTHREAD'])
  deputy = outputs(compiler(), tmp_path / 'deputy', 'deputy/hello.c', ['-O1', '-sDEPUTY_THREAD'])
  assert plain['program.js'] != deputy['program.js']
