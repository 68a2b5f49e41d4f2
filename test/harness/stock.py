# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# The base's tree, with the groups toolchain and backport of the patch series: build/stock. It is lent the system
# libraries that build/sdk has made already, which are made of the same files with the same flags (test_mode_off.py
# says so): each takes most of a minute.

import shutil
import subprocess
import sys

from harness.build import REPO

sys.path.insert(0, str(REPO / 'tools'))
from overlay import staleness

STOCK = REPO / 'build' / 'stock'
LENDER = REPO / 'build' / 'cache' / 'sdk'
BORROWER = REPO / 'build' / 'cache' / 'stock'


def assemble():
  """Returns its emcc."""
  subprocess.run([sys.executable, REPO / 'tools' / 'fork.py', 'assemble', '--stock'], check=True)
  emcc = STOCK / 'emcc'
  if not (BORROWER / 'sanity.txt').exists():
    # It empties its cache when it first runs.
    subprocess.run([emcc, '--check'], check=True, capture_output=True)
  return emcc


def lend_libraries():
  if not missing():
    return  # without waiting for a library that is being built
  with staleness.lock(LENDER), staleness.lock(BORROWER):
    for path in missing():
      place = BORROWER / path.relative_to(LENDER)
      place.parent.mkdir(parents=True, exist_ok=True)
      shutil.copy2(path, place)


def missing():
  """What the stock tree could be lent."""
  return [path for path in staleness.archives(LENDER)
          if 'deputy' not in path.name and not (BORROWER / path.relative_to(LENDER)).exists()]
