# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""A release: the assembled tree as one archive, our files in it as files.

Made from git's objects, with the time of our commits: the same sources make the same archive.
"""

import os

from . import overlay, tree
from .base import sha256
from .command import run
from .configure import revision
from .report import ForkError, megabytes, say, step


def pack(layout, pin, target=None):
  """Write the archive and its .sha256 file; returns the archive's path."""
  version = (layout.root / 'emscripten-version.txt').read_text().strip()
  name = f'emscripten-deputy-{version}'
  target = (target or layout.build / f'{name}.tar.xz').resolve()
  if not target.name.endswith('.tar.xz'):
    raise ForkError(f'{target} does not end in .tar.xz', 'name it so: tools/fork.py pack -o NAME.tar.xz')
  with step(f'packing {target.name}'):
    git = tree.repository(layout.sdk, 'pack-index')
    git('read-tree', 'HEAD')
    add_files(git, layout, overlay.shipped(layout.root, pin.overlay))
    add_text(git, 'emscripten-revision.txt', revision(layout.root) + '\n')
    plain = target.with_suffix('')
    release = git.commit_index(f'{name}\n')
    git('archive', f'--prefix={name}/', f'--output={plain}', release)
    run(['xz', '--force', '--threads=0', '-6', plain], f'free some room for {target}')
  digest = f'{sha256(target)}  {target.name}\n'
  target.with_name(target.name + '.sha256').write_text(digest)
  say(f'{target}: {megabytes(target.stat().st_size)}')
  return target


def add_files(git, layout, paths):
  """Put our files themselves where the tree has symlinks to them."""
  names = ''.join(f'{layout.root / path}\n' for path in paths)
  blobs = git('hash-object', '-w', '--no-filters', '--stdin-paths', stdin=names.encode()).split()
  lines = [f'{mode(layout.root / path)} {blob}\t{path}\n' for path, blob in zip(paths, blobs, strict=True)]
  git('update-index', '--add', '--index-info', stdin=''.join(lines).encode())


def mode(path):
  return '100755' if os.access(path, os.X_OK) else '100644'


def add_text(git, path, text):
  blob = git('hash-object', '-w', '--stdin', stdin=text.encode())
  git('update-index', '--add', '--cacheinfo', f'100644,{blob},{path}')
