# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Refresh: edits and commits in build/sdk come back as patches, without noise."""

import pytest
from overlay import check, refresh, tree
from overlay.report import ForkError

FIRST = '0001-core-change-line.patch'
SECOND = '0002-core-change-other.patch'


@pytest.fixture
def patched(fork):
  fork.patch(FIRST, 5, 'line 5', 'five')
  fork.patch(SECOND, 15, 'line 15', 'fifteen')
  fork.assemble()
  return fork


def edit(fork, old, new):
  path = fork.sdk('src/lines.txt')
  path.write_text(path.read_text().replace(old, new))


def test_unchanged_series_is_written_as_it_was(patched):
  before = {path: path.read_text() for path in patched.layout.patches.iterdir()}
  refresh.refresh(patched.layout, patched.pin)
  assert {path: path.read_text() for path in patched.layout.patches.iterdir()} == before


@pytest.mark.parametrize('name', [FIRST, SECOND])
def test_edit_is_folded_into_the_named_patch(patched, name):
  edit(patched, 'line 10\n', 'ten\n')
  other = SECOND if name == FIRST else FIRST
  before = (patched.layout.patches / other).read_text()
  touched = patched.sdk('src/lines.txt').stat().st_mtime_ns
  refresh.refresh(patched.layout, patched.pin, name[:4])
  text = (patched.layout.patches / name).read_text()
  assert '+ten\n' in text
  assert '\nindex ' not in text
  assert text.startswith('Subject: Change a line\nWhy: it\n  matters\n')
  assert (patched.layout.patches / other).read_text() == before
  assert patched.sdk('src/lines.txt').stat().st_mtime_ns == touched
  assert tree.is_current(patched.layout, patched.pin)
  assert not patched.assemble()
  assert check.check_patches(patched.layout, patched.pin) == []


def test_refresh_without_set_up_says_what_to_do(fork):
  with pytest.raises(ForkError, match=r'there is no .*/build/sdk\n.*tools/fork\.py setup'):
    refresh.refresh(fork.layout, fork.pin, '0004')


def test_edit_without_a_number_is_refused(patched):
  edit(patched, 'line 10\n', 'ten\n')
  with pytest.raises(ForkError, match=r'src/lines.txt\n.*refresh 0003'):
    refresh.refresh(patched.layout, patched.pin)


def test_edit_of_another_patchs_line_is_refused(patched):
  edit(patched, 'fifteen\n', 'FIFTEEN\n')
  with pytest.raises(ForkError, match='another patch changes the same lines'):
    refresh.refresh(patched.layout, patched.pin, '0001')
  assert 'FIFTEEN' in patched.sdk('src/lines.txt').read_text()


def test_unknown_number_lists_the_patches(patched):
  edit(patched, 'line 10\n', 'ten\n')
  with pytest.raises(ForkError, match=f'no patch 0009; there are {FIRST}'):
    refresh.refresh(patched.layout, patched.pin, '0009')


def test_new_commit_becomes_a_patch(patched):
  edit(patched, 'line 10\n', 'ten\n')
  patched.git('commit', '-aqm', '0003-core-add-ten.patch\n\nSubject: Ten')
  refresh.refresh(patched.layout, patched.pin)
  assert '+ten' in (patched.layout.patches / '0003-core-add-ten.patch').read_text()
  assert (patched.layout.patches / 'series').read_text().endswith('0003-core-add-ten.patch\n')


def test_commit_without_a_patch_name_is_refused(patched):
  edit(patched, 'line 10\n', 'ten\n')
  patched.git('commit', '-aqm', 'wip')
  with pytest.raises(ForkError, match=r'is called `wip`'):
    refresh.refresh(patched.layout, patched.pin)


def test_moved_hunks_are_rewritten(fork):
  fork.patch(FIRST, 5, 'line 7', 'seven', before='line 6', after='line 8')
  fork.assemble()
  refresh.refresh(fork.layout, fork.pin)
  assert check.check_patches(fork.layout, fork.pin) == []
