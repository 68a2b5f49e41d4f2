# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""What an assembled tree gets beside its commits: .emscripten, node_modules and the revision.

The fork's .emscripten also asks staleness.py about the cache each time emcc starts.
"""

import shutil
import subprocess

from . import pin
from .layout import replace_text

# Paths in an assembled tree that are not part of its commits.
UNTRACKED = ('.emscripten', 'node_modules', 'cache', 'emscripten-revision.txt', '__pycache__/', '*.pyc')

CONFIG = '''\
# Written by tools/fork.py; EM_<KEY> environment variables override it.
LLVM_ROOT = {llvm_root!r}
BINARYEN_ROOT = {binaryen_root!r}
NODE_JS = {node!r}
CACHE = {cache!r}
'''

STALENESS = '''
# Upstream's cache does not see edits of the system libraries' sources; ours does.
import sys
sys.path.insert(0, {tools!r})
from overlay import staleness
sys.path.pop(0)
staleness.at_start(sys.argv, __file__, CACHE)
'''


def configure(layout, tree, name):
  """Write the configuration of `tree`, which is 'sdk' (the fork) or 'stock'."""
  toolchain = layout.read_stamp('toolchain')
  text = CONFIG.format(
    llvm_root=toolchain.get('llvm_root', ''),
    binaryen_root=toolchain.get('binaryen_root', ''),
    node=shutil.which('node'),
    cache=str(layout.cache(name)))
  if name == 'sdk':
    text += STALENESS.format(tools=str(layout.root / 'tools'))
    write_revision(layout)
  write_if_new(tree / '.emscripten', text)
  link = tree / 'node_modules'
  if not link.is_symlink():
    link.symlink_to('../npm/node_modules')


def write_if_new(path, text):
  """Leave an unchanged file's time alone: emcc checks its sanity again after .emscripten changes."""
  if not path.exists() or path.read_text() != text:
    replace_text(path, text)


def write_revision(layout):
  write_if_new(layout.sdk / 'emscripten-revision.txt', revision(layout.root) + '\n')


def revision(root):
  """What `emcc --version` says after the version: the fork, our repository's revision, the base."""
  done = subprocess.run(['git', 'describe', '--always', '--dirty'], cwd=root,
                        capture_output=True, text=True)
  return (f'Emscripten Deputy {done.stdout.strip() or "uncommitted"}, '
          f'based on Emscripten {pin.read(root).version}')
