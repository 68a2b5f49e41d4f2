# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Writing the patch series from build/sdk's commits, one patch a commit.

The way back of tree.py: a commit's first line is its patch's name, the rest the patch's header.
"""

import re

from . import patches, tree
from .report import ForkError, say

# Full blob ids, so that folding may fall back on a three-way merge.
EXACT = ('diff', '--binary', '--full-index', '--no-renames')

# Blob ids and the function a hunk lies in change with every base and say nothing to `git apply`.
NOISE = re.compile(r'^index [0-9a-f]+\.\.[0-9a-f]+.*\n|(?P<hunk>^@@ -\S+ \+\S+ @@).*$', re.MULTILINE)


def refresh(layout, pin, number=None):
  """Fold the uncommitted edits of build/sdk into patch `number` and write all patches."""
  tree.finish_interrupted(layout)
  git = tree.repository(layout.sdk)
  edits = git(*EXACT, 'HEAD')
  if edits and not number:
    files = git('diff', '--name-only', 'HEAD').replace('\n', ', ')
    raise ForkError(f'build/sdk holds uncommitted edits: {files}',
                    'name the patch they belong to, as in: tools/fork.py refresh 0003')
  commits = git('rev-list', '--reverse', 'overlay..HEAD').split()
  if edits:
    commits = fold(layout, git, commits, number, edits + '\n')
  names = [write_patch(layout, git, commit) for commit in commits]
  agree_with_series(layout, names)
  settle(layout, pin, git)


def fold(layout, git, commits, number, edits):
  """The commits made again with `edits` in the one whose patch starts with `number`."""
  subjects = [git('log', '-1', '--format=%s', commit) for commit in commits]
  if not any(subject.startswith(f'{number}-') for subject in subjects):
    raise ForkError(f'no patch {number}; there are {", ".join(subjects) or "none"}',
                    'give the four digits of one of them')
  scratch = tree.repository(layout.sdk, 'fork-index')
  scratch('read-tree', 'overlay')
  head, folded = git('rev-parse', 'overlay'), []
  for commit, subject in zip(commits, subjects, strict=True):
    pick(scratch, git(*EXACT, f'{commit}^', commit) + '\n', subject)
    if subject.startswith(f'{number}-'):
      pick(scratch, edits, f'the edits, on {subject},')
    head = scratch.commit_index(git('log', '-1', '--format=%B', commit) + '\n', head)
    folded.append(head)
  return folded


def pick(scratch, diff, what):
  done = scratch.attempt('apply', '--cached', '--3way', '-', stdin=diff.encode(errors='surrogateescape'))
  if done.returncode:
    refused = ', '.join(re.findall(r'^error: (?:patch failed: )?(\S+)', done.stderr.decode(), re.MULTILINE))
    raise ForkError(f'{what} would no longer apply to {refused}',
                    'another patch changes the same lines: fold the edits into that one')


def write_patch(layout, git, commit):
  """Write the patch of one commit; returns its file's name."""
  name, _, header = git('log', '-1', '--format=%B', commit).partition('\n\n')
  if not patches.NAME.fullmatch(name):
    raise ForkError(f'commit {commit[:12]} of build/sdk is called `{name}`',
                    'its first line must be the patch\'s name, NNNN-area-verb-object.patch, '
                    'and the header fields follow after an empty line')
  diff = git('diff', '-U1', '--no-renames', f'{commit}^', commit)
  diff = NOISE.sub(lambda noise: noise['hunk'] or '', diff)
  path = layout.patches / name
  text = f'{header.rstrip()}\n---\n{diff}\n'
  if not path.exists() or path.read_bytes() != text.encode():
    path.write_bytes(text.encode())
    say(f'wrote patches/{name}')
  return name


def agree_with_series(layout, names):
  """Append new patches to the series; a vanished one is the maintainer's to take out."""
  series = layout.patches / 'series'
  listed = [patch.name for patch in patches.read_series(layout.patches)]
  gone = [name for name in listed if name not in names]
  if gone:
    raise ForkError(f'build/sdk has no commit for {", ".join(gone)}',
                    'delete the file and its line in patches/series, then assemble')
  new = [name for name in names if name not in listed]
  if new:
    text = series.read_text() if series.exists() else ''
    series.write_text(text + ''.join(f'{name}\n' for name in new))
    say(f'added to patches/series: {", ".join(new)}; put them where they belong')


def settle(layout, pin, git):
  """Make build/sdk's commits those of the series; no file changes, as the result is the same."""
  git('add', '--update')
  edited = git('write-tree')
  head = tree.commit_series(layout, pin, layout.sdk)
  if git('rev-parse', f'{head}^{{tree}}') != edited:
    raise ForkError('the patches written do not give the files of build/sdk',
                    'compare with: git -C build/sdk diff ' + head[:12])
  git('reset', '--quiet', head)
  layout.write_stamp('sdk', {'inputs': tree.inputs(layout, pin), 'head': head})
