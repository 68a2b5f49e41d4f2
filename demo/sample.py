# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
"""The demo's real file: the first 32 MiB of a tar of upstream's test/ folder, the same everywhere.

It comes from the pinned base in build/base: C, C++ and JavaScript source, with some pictures,
sounds and models among them. run.py compresses it, and serve.py offers it as the page's sample.
"""

import fnmatch
import tarfile
from pathlib import Path

from programs import BUILD, ROOT, ForkError, alone, pin, step

BASE = ROOT / 'build' / 'base'
SAMPLE = BUILD / f'sample-{pin.read(ROOT).version}.tar'
SIZE = 32 << 20


@alone()
def build():
  """Write the sample unless it is there, and return its path."""
  if SAMPLE.is_file():
    return SAMPLE
  if not (BASE / 'test').is_dir():
    raise ForkError(f'{BASE} is missing, and the sample is made from it',
                    'run `tools/fork.py setup` first')
  fresh = SAMPLE.with_suffix('.new')
  with step('making the sample file'):
    with fresh.open('wb') as output, tarfile.open(fileobj=output, mode='w',
                                                  format=tarfile.USTAR_FORMAT) as tar:
      for file in files():
        add(tar, file)
        if output.tell() >= SIZE:
          break
    with fresh.open('r+b') as output:
      output.truncate(SIZE)
  fresh.rename(SAMPLE)
  return SAMPLE


def files():
  """The files of test/ that every source of the base has, in order."""
  debian = pin.read(ROOT).debian
  submodules = tuple(f'{path}/' for path in debian['submodules'])
  for file in sorted((BASE / 'test').rglob('*')):
    name = file.relative_to(BASE).as_posix()
    left_out = any(fnmatch.fnmatchcase(name, pattern) for pattern in debian['left_out'])
    if file.is_file() and not file.is_symlink() and not left_out and not name.startswith(submodules):
      yield file


def add(tar, file: Path):
  """Add `file` with nothing of this machine: no time, owner or mode."""
  info = tarfile.TarInfo(file.relative_to(BASE).as_posix())
  info.size = file.stat().st_size
  info.mode = 0o644
  with file.open('rb') as data:
    tar.addfile(info, data)
