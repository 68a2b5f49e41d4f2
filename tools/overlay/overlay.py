# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Which of our files ship, and at which path; which upstream file each may replace.

A whole file of ours stands at the path it ships at. upstream.json names the roots, what below them
stays at home, and the shadows: paths where ours replaces upstream's.
"""

import os


def shipped(root, overlay):
  """The sorted paths, relative to `root`, of our files that ship."""
  unshipped = set(overlay['unshipped'])
  found = []

  def walk(path):
    if path in unshipped:
      return
    full = os.path.join(root, path)
    if not os.path.isdir(full):
      found.append(path)
      return
    for name in os.listdir(full):
      if not is_debris(name):
        walk(f'{path}/{name}')

  for path in overlay['roots']:
    if os.path.lexists(os.path.join(root, path)):
      walk(path)
  return sorted(found)


def is_debris(name):
  """Whether `name` is an editor's or an interpreter's leaving, not a file of ours."""
  return name.startswith('.') or name == '__pycache__' or name.endswith(('~', '.pyc', '.new'))
