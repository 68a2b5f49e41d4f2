# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Set-up on a host that lacks something: what is missing is said, and what to do."""

import os
import shutil
import subprocess
from collections import namedtuple

import pytest
from overlay import apt, base, host, toolchain
from overlay.report import ForkError

Usage = namedtuple('Usage', 'total used free')


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
  monkeypatch.delenv('DEPUTY_BASE_CACHE', raising=False)
  monkeypatch.setattr(base, 'fetch_from_debian', lambda *_: False)


def make_archive(fork, folder):
  """An archive of the fork's base, pinned."""
  folder.mkdir(parents=True)
  subprocess.run(['tar', '-cJf', folder / 'base.tar.xz', '-C', fork.layout.build, 'base'], check=True)
  sha256 = base.sha256(folder / 'base.tar.xz')
  fork.pin_as({**fork.pin.__dict__, 'archive': {'name': 'base.tar.xz', 'sha256': sha256}})


def test_base_comes_from_a_cache_folder(fork, tmp_path, monkeypatch):
  make_archive(fork, tmp_path / 'cache')
  shutil.rmtree(fork.layout.base)
  monkeypatch.setenv('DEPUTY_BASE_CACHE', str(tmp_path / 'cache'))
  base.ensure(fork.layout, fork.pin)
  assert (fork.layout.base / 'emcc.py').exists()


def test_wrong_hash_shows_both(fork):
  make_archive(fork, fork.layout.downloads)
  archive = fork.layout.downloads / 'base.tar.xz'
  found = base.sha256(archive)
  archive.write_bytes(archive.read_bytes() + b'x')
  with pytest.raises(ForkError, match=f'(?s)is not the pinned base.*{found}.*delete the file'):
    base.ensure(fork.layout, fork.pin)


def test_interrupted_unpacking_begins_anew(fork):
  make_archive(fork, fork.layout.downloads)
  shutil.rmtree(fork.layout.base)
  fork.write('build/base.new/half', '')
  base.ensure(fork.layout, fork.pin)
  assert (fork.layout.base / 'emcc.py').exists()
  assert not (fork.layout.base / 'half').exists()


def test_no_base_anywhere_lists_where_it_looked(fork):
  fork.layout.drop_stamp('base')
  with pytest.raises(ForkError, match=r'(?s)nowhere to be found; looked in: .*shared/base.*--base'):
    base.ensure(fork.layout, fork.pin)


def test_other_tree_of_the_same_base_is_accepted(fork, tmp_path):
  fork.pin_as({**fork.pin.__dict__, 'tree': base.shared_tree(fork.layout.base, fork.pin)})
  other = tmp_path / 'tag'
  shutil.copytree(fork.layout.base, other)
  (other / 'docs').mkdir()
  (other / 'docs/x.pdf').touch()
  base.ensure(fork.layout, fork.pin, str(other))
  assert (fork.layout.base / 'docs/x.pdf').exists()


def test_tree_of_another_base_shows_both_hashes(fork, tmp_path):
  expected = base.shared_tree(fork.layout.base, fork.pin)
  fork.pin_as({**fork.pin.__dict__, 'tree': expected})
  other = tmp_path / 'tag'
  shutil.copytree(fork.layout.base, other)
  (other / 'emcc.py').write_text('other')
  with pytest.raises(ForkError, match=f'is not Emscripten 6.0.5: its tree is [0-9a-f]+, .* {expected}'):
    base.ensure(fork.layout, fork.pin, str(other))
  assert (fork.layout.base / 'emcc.py').read_text() != 'other'
  assert fork.assemble()


def test_full_disk_is_named_with_what_is_needed(tmp_path, monkeypatch):
  monkeypatch.setattr(shutil, 'disk_usage', lambda _: Usage(10, 9, 1_000_000_000))
  with pytest.raises(ForkError, match=r'has 1.0 GB free; set-up needs 2.5 GB'):
    host.check_room(tmp_path)


def test_other_processor_is_told_what_to_supply():
  with pytest.raises(ForkError, match=r'(?s)this machine is aarch64.*--llvm DIR --binaryen DIR'):
    host.check_machine('aarch64')


def test_no_apt_says_what_to_supply(monkeypatch):
  monkeypatch.setattr(shutil, 'which', lambda *_, **__: None)
  with pytest.raises(ForkError, match=r'(?s)no apt.*--base FILE --llvm DIR --binaryen DIR'):
    apt.find_mirror()


def test_a_command_that_is_there_needs_no_package():
  assert host.missing_packages('core', lambda need: need not in {'patchelf', 'xz'}) == ['patchelf', 'xz-utils']
  assert 'firefox-esr' in host.missing_packages('test', lambda _: False)


def test_a_user_gets_one_line_to_copy(monkeypatch):
  monkeypatch.setattr(host, 'missing_packages', lambda _: ['git', 'patchelf'])
  monkeypatch.setattr(os, 'geteuid', lambda: 1000)
  with pytest.raises(ForkError, match=r'sudo apt-get install -y --no-install-recommends git patchelf$'):
    host.ensure_packages('core', offline=False)


def test_next_accepted_llvm_is_chosen(fork):
  offered = {'clang-23': '1:23.1', 'binaryen': '131-2', 'ruff': '0.1'}
  chosen = toolchain.choose(fork.pin.toolchain, offered, None, None, [], 'forky')
  assert chosen == (['clang-23', 'binaryen'], ['ruff'])


def test_moved_versions_are_reported(fork):
  offers = []
  offered = {'clang-25': '1:25.1', 'binaryen': '140-1'}
  assert toolchain.choose(fork.pin.toolchain, offered, None, None, offers, 'forky') is None
  assert offers == ['forky: clang none, binaryen 140-1']


def test_broken_pin_names_the_file(fork):
  with pytest.raises(ForkError, match=r'upstream\.json'):
    fork.pin_as({'version': '6.0.5'})
