# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""A toolchain of the user's own: given once, kept by every later set-up."""

import platform
import shutil
from pathlib import Path

import pytest
from overlay import host, setup, toolchain
from overlay.report import ForkError


@pytest.fixture
def own(tmp_path, monkeypatch):
  """LLVM's and Binaryen's folders on a machine for which nothing can be fetched."""
  for name in ('llvm', 'binaryen'):
    (tmp_path / name).mkdir()
  monkeypatch.setattr(platform, 'machine', lambda: 'aarch64')
  monkeypatch.setattr(toolchain, 'try_out', lambda *_: {'llvm': 22, 'binaryen': 131})
  monkeypatch.setattr(host, 'is_present', lambda need: need != 'patchelf')
  monkeypatch.setattr(host.missing_packages, '__defaults__', (host.is_present, False))
  for module, does in ((host, 'check_node'), (setup.base, 'ensure'), (setup.npm, 'ensure')):
    monkeypatch.setattr(module, does, lambda *_: None)
  return str(tmp_path / 'llvm'), str(tmp_path / 'binaryen')


def test_is_kept_by_a_set_up_without_flags(fork, own):
  setup.set_up(fork.layout, fork.pin, 'core', None, *own)
  setup.set_up(fork.layout, fork.pin)
  stamp = fork.layout.read_stamp('toolchain')
  assert (stamp['llvm_root'], stamp['binaryen_root']) == own


def test_is_kept_where_it_is_when_given_from_another_folder(fork, own, monkeypatch):
  monkeypatch.chdir(Path(own[0]).parent)
  setup.set_up(fork.layout, fork.pin, 'core', None, 'llvm', 'binaryen')
  monkeypatch.chdir('/')
  assert toolchain.supplied(fork.layout) == own


def test_one_part_can_be_changed(fork, own):
  setup.set_up(fork.layout, fork.pin, 'core', None, *own)
  assert toolchain.supplied(fork.layout, binaryen='/other') == (own[0], '/other')
  assert toolchain.supplied(fork.layout, '', '') == (None, None)


def test_that_is_gone_is_named(fork, own, capsys):
  setup.set_up(fork.layout, fork.pin, 'core', None, *own)
  shutil.rmtree(own[0])
  with pytest.raises(ForkError, match='this machine is aarch64'):
    setup.set_up(fork.layout, fork.pin)
  assert f'the llvm that --llvm named is gone: {own[0]}' in capsys.readouterr().err


def test_moved_prefix_is_kept_for_the_part_it_holds(fork, own, monkeypatch):
  calls = []
  for does in ('relocate', 'fetch'):
    monkeypatch.setattr(toolchain, does, lambda *_, does=does: calls.append(does))
  fork.write('build/toolchain/usr/bin/wasm-opt', '')
  fork.layout.write_stamp('toolchain', {
    'wanted': {'place': '/elsewhere', 'llvm': own[0], 'binaryen': None},
    'llvm_root': own[0], 'binaryen_root': '/elsewhere/usr'})
  toolchain.ensure(fork.layout, fork.pin, *toolchain.supplied(fork.layout))
  assert calls == ['relocate']
