# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""A release holds files, not links, and is the same each time."""

import tarfile

import pytest
from overlay import base, pack
from overlay.report import ForkError


@pytest.fixture
def shipped(fork):
  fork.write('emscripten-version.txt', '6.0.5-deputy.1\n')
  fork.pin_as({**fork.pin.__dict__,
               'shadows': {'emscripten-version.txt': 'd1e77bca0a209dce64374f8ba5be4a973eccd860'}})
  fork.write('system/lib/own.c', 'own\n')
  fork.assemble()
  return fork


def test_archive_holds_our_files_and_no_configuration(shipped):
  archive = pack.pack(shipped.layout, shipped.pin)
  with tarfile.open(archive) as tar:
    names = tar.getnames()
    root = 'emscripten-deputy-6.0.5-deputy.1'
    assert tar.extractfile(f'{root}/system/lib/own.c').read() == b'own\n'
    assert not any(member.issym() for member in tar)
  assert f'{root}/emcc' in names
  assert f'{root}/.emscripten' not in names
  digest = archive.with_name(archive.name + '.sha256').read_text()
  assert digest == f'{base.sha256(archive)}  {archive.name}\n'


def test_same_sources_make_the_same_archive(shipped, tmp_path):
  one = pack.pack(shipped.layout, shipped.pin, tmp_path / 'one.tar.xz')
  two = pack.pack(shipped.layout, shipped.pin, tmp_path / 'two.tar.xz')
  assert one.read_bytes() == two.read_bytes()


def test_other_name_is_refused_before_the_work(shipped, tmp_path):
  with pytest.raises(ForkError, match='does not end in'):
    pack.pack(shipped.layout, shipped.pin, tmp_path / 'x.zip')
