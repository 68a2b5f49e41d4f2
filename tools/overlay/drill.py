# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""The rebase drill: how our patches and whole files would stand on another upstream tree.

A patch that does not apply says so by itself; what has changed under a file of ours that replaces, wraps or includes
upstream's does not (seams.py finds these). Nothing is written but to a folder that is deleted again.
"""

import difflib
import tempfile
from pathlib import Path

from . import patches, seams
from .command import Git
from .report import ForkError

# Of each difference that is shown.
LINES = 24


def try_on(layout, pin, other):
  """Print what applies, what conflicts and what has changed under our files. Returns whether all applies."""
  if not (other / 'emcc.py').is_file():
    raise ForkError(f'{other} is not an Emscripten tree', 'name the folder that holds emcc.py')
  if not layout.read_stamp('base'):
    raise ForkError(f'there is no base in {layout.base}', 'tools/fork.py setup')
  conflicts = try_series(layout, other)
  print()
  changes = compare(layout, pin, other)
  print(f'\n{conflicts} patches conflict; {changes} files and functions that ours replace, wrap or include '
        'have changed')
  return not conflicts


def try_series(layout, other):
  """Try patch by patch; of one that conflicts, what applies is there for the next. Returns how many conflict."""
  conflicts = 0
  with tempfile.TemporaryDirectory(dir=layout.build) as scratch:
    git = Git(Path(scratch) / 'git', other.resolve())
    git.create()
    (git.repository / 'info/exclude').write_text('/.git\n/node_modules\n/cache\n')
    git('add', '--all', '.')
    for patch in patches.read_series(layout.patches):
      try:
        offsets = patches.apply_patch(git, patch)
        print(f'applies    {patch.name}' + (f' ({len(offsets)} hunks moved)' if offsets else ''))
      except ForkError:
        conflicts += 1
        print(f'conflicts  {patch.name}')
        for place, hunk in patches.apply_hunks(git, patch):
          print(f'  {place}')
          show(hunk.splitlines())
  return conflicts


def compare(layout, pin, other):
  """Print what has changed under our files. Returns how many files and functions of upstream's."""
  base, other = seams.Tree(layout.base), seams.Tree(other)
  ours = {}
  for seam in seams.find(layout, pin, base):
    ours.setdefault((seam.kind, seam.what), []).append(seam)
  changes = 0
  for (_, what), found in ours.items():
    old, new = base.texts(found[0]), other.texts(found[0])
    if old != new:
      changes += 1
      print(f'{"changed" if new else "gone":9}  {what}{where(what, old, new)}')
      for seam in found:
        print(f'  {seam.ours} {seam.verb} it')
      if new:
        show(difference(old, new))
  print(f'unchanged  {len(ours) - changes} others')
  return changes


def where(what, old, new):
  """In which files of upstream's a function is, or was."""
  files = [path if path in old and path in new else f'{path}: {"new" if path in new else "gone"}'
           for path in sorted({*old, *new}) if old.get(path) != new.get(path)]
  return '' if what in {*old, *new} else f' ({", ".join(files)})'


def difference(old, new):
  return [line for path in sorted({*old, *new})
          for line in list(difflib.unified_diff(old.get(path, '').splitlines(), new.get(path, '').splitlines(),
                                                lineterm='', n=2))[2:]]


def show(lines):
  for line in lines[:LINES]:
    print(f'    {line}')
  if len(lines) > LINES:
    print(f'    ... {len(lines) - LINES} lines more')
