# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Upstream's node packages in build/npm, from upstream's own lock file.

emcc needs the production ones (acorn, the minifier, the Closure compiler); checks and upstream's
tests need the others too.
"""

import shutil

from .base import sha256
from .command import run
from .report import ForkError, step


def ensure(layout, everything=False, offline=False):
  """Have the production packages, or `everything`."""
  lock = sha256(layout.base / 'package-lock.json')
  done = layout.read_stamp('npm')
  if done.get('lock') == lock and done['everything'] >= everything and layout.node_modules.is_dir():
    return
  if offline:
    raise ForkError(f'{layout.node_modules} lacks packages, and --offline forbids fetching them',
                    'set up once with a network')
  folder = layout.node_modules.parent
  folder.mkdir(parents=True, exist_ok=True)
  for name in ('package.json', 'package-lock.json'):
    shutil.copy(layout.base / name, folder)
  layout.drop_stamp('npm')
  some = [] if everything else ['--omit=dev']
  with step(f'fetching node packages ({"all" if everything else "production"})'):
    run(['npm', 'ci', '--no-audit', '--no-fund', *some],
        'check npm\'s registry setting and the network, then set up again', cwd=folder)
  layout.write_stamp('npm', {'lock': lock, 'everything': everything})
