# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# The base's tree, with the groups toolchain and backport of the patch series: build/stock. It is lent the system
# libraries that build/sdk has made already, which are made of the same files with the same flags (test_mode_off.py
# says so): each takes most of a minute.

import contextlib
import fcntl
import shutil
import subprocess
import sys

from harness.build import REPO

STOCK = REPO / 'build' / 'stock'
CACHES = REPO / 'build' / 'cache'


def assemble():
  """Returns its emcc."""
  subprocess.run([sys.executable, REPO / 'tools' / 'fork.py', 'assemble', '--stock'], check=True)
  emcc = STOCK / 'emcc'
  if not (CACHES / 'stock' / 'sanity.txt').exists():
    # It empties its cache when it first runs.
    subprocess.run([emcc, '--check'], check=True, capture_output=True)
  return emcc


def lend_libraries():
  lent, own = CACHES / 'sdk' / 'sysroot' / 'lib', CACHES / 'stock' / 'sysroot' / 'lib'
  with locked('sdk'), locked('stock'):
    for path in lent.rglob('*'):
      place = own / path.relative_to(lent)
      if path.suffix in {'.a', '.o'} and 'deputy' not in path.name and not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, place)


@contextlib.contextmanager
def locked(cache):
  """Holds Emscripten's own lock: no library is half written."""
  with (CACHES / cache / 'cache.lock').open('a') as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    yield
