# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Fetches the libraries of ../peers/, once, into build/bench: their versions are pinned by hash in its lock file. No
# other benchmark needs them, so set-up does not fetch them. programs.py calls it.

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
PEERS = BENCH / 'peers'
PLACE = BENCH.parent / 'build' / 'bench'
LOCK = 'package-lock.json'
FETCH_SECONDS = 120


class FetchFailed(Exception):
  """What npm said."""


def modules():
  """The folder node_modules that has them."""
  digest = hashlib.sha256((PEERS / LOCK).read_bytes()).hexdigest()[:16]
  folder = PLACE / f'peers-{digest}'
  if not folder.is_dir():
    PLACE.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix='peers-', dir=PLACE))
    try:
      fetch(made)
      try:
        made.rename(folder)
      except OSError:  # another run was faster
        if not folder.is_dir():
          raise
    finally:
      shutil.rmtree(made, ignore_errors=True)
  return folder / 'node_modules'


def fetch(folder):
  for name in ('package.json', LOCK):
    shutil.copy(PEERS / name, folder)
  try:
    done = subprocess.run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], cwd=folder,
                          capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
  except (OSError, subprocess.TimeoutExpired) as error:
    raise FetchFailed(f'npm ci: {error}; install npm, and check its registry setting and the network') from error
  if done.returncode:
    raise FetchFailed(f'npm ci: {done.stderr.strip()}\ncheck npm\'s registry setting and the network')
