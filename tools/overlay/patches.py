# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""The patch series: reading it, and applying it to an index with no fuzz.

A patch file is a mail-like header, a `---` line and a `git diff -U1` body. `series` lists the files
in order; a line `# group: hook` starts a group. tree.py applies, check.py judges, refresh.py writes.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .report import ForkError

GROUPS = ('toolchain', 'backport', 'hook')
FIELDS = ('Subject', 'Why', 'Calls', 'Test', 'Upstream', 'Drop-when')
NAME = re.compile(r'\d{4}-[a-z0-9]+(-[a-z0-9]+)+\.patch')
HUNK = re.compile(r'^@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@', re.MULTILINE)


@dataclass(frozen=True)
class Patch:
  """One file of the series and the group it stands in."""

  path: Path
  group: str

  @property
  def name(self):
    return self.path.name

  @cached_property
  def _parts(self):
    header, mark, body = self.path.read_bytes().decode().partition('\n---\n')
    if not mark or not body.lstrip().startswith('diff --git '):
      raise ForkError(f'{self.path}: no `---` line between the header and a git diff',
                      'give it the form that patches/README.md shows')
    return header + '\n', body.lstrip()

  @property
  def header(self):
    return self._parts[0]

  @property
  def body(self):
    return self._parts[1]

  @property
  def fields(self):
    """The header's fields by name; a value runs on over indented lines."""
    found = re.findall(r'^([A-Z][A-Za-z-]*):[ \t]*(.*(?:\n[ \t]+.*)*)', self.header, re.MULTILINE)
    return {name: value.strip() for name, value in found}

  @property
  def changed_lines(self):
    return len(re.findall(r'^(?:\+(?!\+\+ )|-(?!-- ))', self.body, re.MULTILINE))

  def hunk_at(self, file, line):
    """The number, from 1, of the hunk of `file` whose old side starts at `line`."""
    for part in re.split(r'^(?=diff --git )', self.body, flags=re.MULTILINE):
      if f'\n--- a/{file}\n' in part:
        starts = [int(start) for start in HUNK.findall(part)]
        return starts.index(line) + 1 if line in starts else 0
    return 0


def read_series(folder):
  """The patches in order; an absent series is an empty one."""
  series = folder / 'series'
  patches = []
  group = 'hook'
  for number, line in enumerate(series.read_text().splitlines() if series.exists() else [], 1):
    line = line.strip()
    if line.startswith('# group:'):
      group = line.partition(':')[2].strip()
      if group not in GROUPS:
        raise ForkError(f'{series}:{number}: unknown group `{group}`',
                        f'use one of {", ".join(GROUPS)}')
    elif line and not line.startswith('#'):
      if not (folder / line).is_file():
        raise ForkError(f'{series}:{number}: {line} is not in the folder',
                        'add the patch file or take its line out of the series')
      patches.append(Patch(folder / line, group))
  return patches


def apply_patch(git, patch, reverse=False):
  """Apply `patch` to git's index; every context line must match. Returns offsets git met."""
  direction = ['--reverse'] if reverse else []
  done = git.attempt('apply', '--cached', '--verbose', '--whitespace=nowarn', *direction, '-',
                     stdin=patch.body.encode())
  output = done.stderr.decode(errors='replace')
  if done.returncode:
    raise ForkError(f'patches/{patch.name} does not apply: {explain(patch, output)}',
                    'edit the patch, or fix it in build/sdk and run tools/fork.py refresh')
  return re.findall(r'^Hunk #\d+ succeeded at \d+ \(offset -?\d+ lines?\)', output, re.MULTILINE)


def apply_hunks(git, patch):
  """Apply to git's index what still applies of `patch`, a hunk at a time. Returns the rest: place and text."""
  rejected = []
  for part in re.split(r'^(?=diff --git )', patch.body, flags=re.MULTILINE)[1:]:
    head, *hunks = re.split(r'^(?=@@ )', part, flags=re.MULTILINE)
    file = re.search(r'^diff --git a/(\S+)', head)[1]
    gone = '' if (git.work_tree / file).exists() else ': there is no such file'
    for number, hunk in enumerate(hunks, 1):
      if git.attempt('apply', '--cached', '--whitespace=nowarn', '-', stdin=(head + hunk).encode()).returncode:
        rejected.append((f'{file}, hunk {number} (old line {HUNK.match(hunk)[1]}){gone}', hunk))
  return rejected


def explain(patch, output):
  """Say in a line which file and hunk git refused."""
  failed = re.search(r'^error: patch failed: (.+):(\d+)$', output, re.MULTILINE)
  if failed:
    file, line = failed[1], int(failed[2])
    return f'{file}, hunk {patch.hunk_at(file, line)} (old line {line}) does not match the base'
  problems = re.findall(r'^error: (.+)$', output, re.MULTILINE)
  return '; '.join(problems) or output.strip()
