# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Staleness: an edit deletes the archives built from it, and no other."""

import os
import time

import pytest
from overlay import staleness

# Stands in for upstream's tools/system_libs.py.
SYSTEM_LIBS = '''
import os
root = os.path.dirname(os.path.dirname(__file__))
class Variation:
  def __init__(self, name, files):
    self.name, self.files = name, files
  def get_filename(self):
    return self.name + '.a'
  def get_files(self):
    folder = root + '/system/lib/'
    return [folder + file for file in self.files if os.path.exists(folder + file)]
class Library:
  @staticmethod
  def get_all_variations():
    return {name: Variation(name, files) for name, files in
            {'liba': ['a.c'], 'liba-mt': ['a.c'], 'libc': ['c.c']}.items()} | deputy_libs.LIBRARIES
from . import deputy_libs
'''
# Stands in for ours, which it imports in its last line.
DEPUTY_LIBS = '''
from . import system_libs
class Own(system_libs.Variation):
  pass
LIBRARIES = {'libd': Own('libd', ['sub/d.c'])}
'''
ARCHIVES = ('liba.a', 'lto/liba-mt.a', 'libc.a', 'pic/libd.a')


@pytest.fixture
def built(fork):
  """A tree whose libraries are all in the cache, and what of them is there after a start."""
  fork.write('build/base/system/lib/sub/d.c', '')
  fork.assemble()
  (fork.sdk('tools') / 'system_libs.py').write_text(SYSTEM_LIBS)
  (fork.sdk('tools') / 'deputy_libs.py').write_text(DEPUTY_LIBS)
  cache = fork.layout.cache('sdk')

  def start():
    staleness.refresh(fork.layout.sdk, cache)
    return [name for name in ARCHIVES if (cache / 'sysroot/lib/wasm32' / name).exists()]

  start()
  for name in ARCHIVES:
    fork.write(cache / 'sysroot/lib/wasm32' / name, '')
  fork.write(cache / 'sysroot_install.stamp', '')
  return fork, cache, start


def test_nothing_edited_nothing_deleted(built):
  _, cache, start = built
  assert start() == list(ARCHIVES)
  assert (cache / 'sysroot_install.stamp').exists()


def test_edited_source_deletes_its_libraries_only(built, capsys):
  fork, cache, start = built
  fork.sdk('system/lib/a.c').write_text('edited, and longer\n')
  assert start() == ['libc.a', 'pic/libd.a']
  assert 'to be rebuilt: liba-mt.a, liba.a' in capsys.readouterr().err
  assert (cache / 'sysroot_install.stamp').exists()
  assert start() == ['libc.a', 'pic/libd.a']


def test_edited_header_deletes_what_includes_it_and_is_installed_again(built):
  fork, cache, start = built
  fork.sdk('system/include/b.h').write_text('// included by a.h, which a.c includes\n')
  assert start() == ['libc.a', 'pic/libd.a']
  assert not (cache / 'sysroot_install.stamp').exists()


def test_deleted_source_deletes_the_libraries_of_its_folder(built):
  fork, _, start = built
  fork.write(fork.sdk('system/lib/sub/e.c'), '')
  start()
  fork.sdk('system/lib/sub/e.c').unlink()
  assert start() == ['liba.a', 'lto/liba-mt.a', 'libc.a']


def test_edit_of_an_overlay_file_is_seen_through_its_link(built):
  fork, _, start = built
  own = fork.write('own.c', '')
  fork.sdk('system/lib/c.c').unlink()
  fork.sdk('system/lib/c.c').symlink_to(own)
  start()
  fork.write(fork.layout.cache('sdk') / 'sysroot/lib/wasm32/libc.a', '')
  own.write_text('edited\n')
  assert start() == ['liba.a', 'lto/liba-mt.a', 'pic/libd.a']


@pytest.mark.parametrize(('module', 'left'), [
  ('deputy_libs.py', ['liba.a', 'lto/liba-mt.a', 'libc.a']),
  ('system_libs.py', []),
])
def test_edited_definition_deletes_the_libraries_defined_there(built, module, left):
  fork, cache, start = built
  path = fork.sdk(f'tools/{module}')
  path.write_text(path.read_text() + '# other flags\n')
  assert start() == left
  assert (cache / 'sysroot_install.stamp').exists()
  assert start() == left


def test_without_a_record_the_times_decide(built):
  fork, cache, start = built
  (cache / 'system_files.json').unlink()
  assert start() == list(ARCHIVES)
  (cache / 'system_files.json').unlink()
  soon = time.time() + 10
  os.utime(fork.sdk('system/lib/c.c'), (soon, soon))
  assert start() == ['liba.a', 'lto/liba-mt.a', 'pic/libd.a']


def test_compilers_started_by_emcc_do_not_ask_again(built, monkeypatch):
  fork, cache, _ = built
  monkeypatch.setenv(staleness.WALKED, '1')
  fork.sdk('system/lib/a.c').write_text('edited, and longer\n')
  staleness.at_start(['emcc.py'], str(fork.sdk('.emscripten')), str(cache))
  assert (cache / 'sysroot/lib/wasm32/liba.a').exists()
