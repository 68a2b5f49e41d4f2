# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Where the fork's parts lie: the repository's own paths, and those below build/.

Everything takes a Layout instead of a global, so that tests can stand a small fork in a folder.
"""

import contextlib
import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

from .report import say


@dataclass(frozen=True)
class Layout:
  """The paths of one fork; `root` is the repository."""

  root: Path

  @property
  def patches(self):
    return self.root / 'patches'

  @property
  def build(self):
    return self.root / 'build'

  @property
  def downloads(self):
    return self.build / 'downloads'

  @property
  def base(self):
    return self.build / 'base'

  @property
  def prefix(self):
    return self.build / 'toolchain'

  @property
  def node_modules(self):
    return self.build / 'npm/node_modules'

  @property
  def sdk(self):
    return self.build / 'sdk'

  @property
  def stock(self):
    return self.build / 'stock'

  def cache(self, tree):
    """Emscripten's cache of the tree 'sdk' or 'stock'."""
    return self.build / 'cache' / tree

  def stamp(self, part):
    """The record, written last, that `part` is finished and what it was made from."""
    return self.build / 'stamps' / f'{part}.json'

  def read_stamp(self, part):
    try:
      return json.loads(self.stamp(part).read_text())
    except (OSError, ValueError):
      return {}

  def write_stamp(self, part, content):
    replace_text(self.stamp(part), json.dumps(content, indent=2) + '\n')

  def drop_stamp(self, part):
    self.stamp(part).unlink(missing_ok=True)

  def lock(self):
    """Hold the fork's one lock: set-up and assembling never run twice at a time."""
    return held(self.build / 'fork.lock', lambda: say(f'waiting for another run of the fork tool in {self.build}'))


@contextlib.contextmanager
def held(path, taken):
  """Hold the lock at `path`; where another has it, `taken()` says that this waits for it, or raises."""
  path.parent.mkdir(parents=True, exist_ok=True)
  with path.open('w', encoding='utf-8') as file:
    try:
      fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
      taken()
      fcntl.flock(file, fcntl.LOCK_EX)
    yield


def replace_text(path, text):
  """Write `text` so that a reader sees the old file or the whole new one."""
  path.parent.mkdir(parents=True, exist_ok=True)
  fresh = path.with_name(f'{path.name}.{os.getpid()}.new')
  fresh.write_text(text)
  fresh.replace(path)
