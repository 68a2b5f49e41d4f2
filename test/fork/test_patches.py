# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""The series: what is not exact is refused, and the message names patch, file and hunk."""

import re
import shutil

import pytest
from overlay import check, patches, tree
from overlay.report import ForkError


def test_wrong_context_names_patch_file_and_hunk(fork):
  fork.patch('0001-core-change-line.patch', 5, 'line 5', 'five', before='not line 4')
  with pytest.raises(ForkError, match=r'0001-core-change-line.patch .*src/lines.txt, hunk 1 \(old line 4\)'):
    fork.assemble()


def test_wrong_context_of_a_later_hunk_is_counted(fork):
  fork.patch('0001-core-change-line.patch', 5, 'line 5', 'five')
  path = fork.layout.patches / '0001-core-change-line.patch'
  path.write_text(path.read_text() + '@@ -14,3 +14,3 @@\n line 14\n-other\n+x\n line 16\n')
  with pytest.raises(ForkError, match=r'hunk 2 \(old line 14\)'):
    fork.assemble()


def test_moved_hunk_fails_the_check_but_assembles(fork):
  fork.patch('0001-core-change-line.patch', 5, 'line 7', 'seven', before='line 6', after='line 8')
  fork.assemble()
  assert 'seven' in fork.sdk('src/lines.txt').read_text()
  assert 'offset 2 lines' in check.check_patches(fork.layout, fork.pin)[0]


def test_missing_file_is_named(fork):
  fork.patch('0001-core-change-line.patch', 5, 'line 5', 'five')
  path = fork.layout.patches / '0001-core-change-line.patch'
  path.write_text(path.read_text().replace('src/lines.txt', 'src/gone.txt'))
  with pytest.raises(ForkError, match=r'src/gone.txt'):
    fork.assemble()


def test_series_names_a_file_that_is_not_there(fork):
  fork.write('patches/series', '# group: hook\n\n0001-core-change-line.patch\n')
  with pytest.raises(ForkError, match=r'series:3: 0001-core-change-line.patch is not in the folder'):
    fork.assemble()


def test_folder_holds_a_file_that_the_series_does_not_name(fork):
  fork.patch('0001-core-change-line.patch', 5, 'line 5', 'five', listed=False)
  assert check.compare_series(fork.layout) == [
    '0001-core-change-line.patch is not in patches/series: add its line or delete it']


def test_series_names_a_file_twice_or_badly(fork):
  fork.patch('fix.patch', 5, 'line 5', 'five')
  fork.write('patches/series', 'fix.patch\nfix.patch\n')
  problems = check.compare_series(fork.layout)
  assert any('2 times' in problem for problem in problems)
  assert any('NNNN-area-verb-object' in problem for problem in problems)


def test_unknown_group_is_refused(fork):
  fork.write('patches/series', '# group: wild\n')
  with pytest.raises(ForkError, match=r'unknown group `wild`'):
    fork.assemble()


def test_missing_header_field_is_named(fork):
  fork.patch('0001-core-change-line.patch', 5, 'line 5', 'five', header='Subject: x\nWhy:\n')
  problems = check.check_headers(fork.layout)
  assert '0001-core-change-line.patch lacks the header field `Why:`' in problems
  assert '0001-core-change-line.patch lacks the header field `Test:`' in problems


def test_header_without_a_diff_is_refused(fork):
  fork.write('patches/0001-core-change-line.patch', 'Subject: x\n')
  fork.write('patches/series', '0001-core-change-line.patch\n')
  with pytest.raises(ForkError, match=r'no `---` line'):
    fork.assemble()


def test_header_that_names_no_test_is_refused(fork):
  fork.patch('0001-core-change-line.patch', 5, 'line 5', 'five')
  fork.write('test/test_line.py', 'def test_other():\n  pass\n')
  assert check.check_headers(fork.layout) == [
    '0001-core-change-line.patch names a test that is not there: test/test_line.py::test_line']


def test_sound_series_passes(fork):
  fork.write('test/test_line.py', 'def test_line():\n  pass\n')
  fork.patch('0001-core-change-line.patch', 5, 'line 5', 'five')
  fork.patch('0002-core-change-line.patch', 6, 'line 6', 'six', before='five')
  fork.assemble()
  assert check.compare_series(fork.layout) == check.check_headers(fork.layout) == []
  assert check.check_patches(fork.layout, fork.pin) == []
  assert [patch.changed_lines for patch in patches.read_series(fork.layout.patches)] == [2, 2]


def test_without_set_up_each_check_says_what_is_missing(fork, capsys):
  shutil.rmtree(fork.layout.build)
  assert not check.check(fork.layout, fork.pin)
  printed = capsys.readouterr().out
  assert re.search(r'FAILED  every patch applies.*\n +there is no .*/build/sdk\n +next: tools/fork\.py setup', printed)
  assert '2 passed, 8 failed' in printed


def test_unnamed_shadow_is_refused(fork):
  fork.write('system/lib/a.c', 'ours\n')
  with pytest.raises(ForkError, match=r'our system/lib/a.c replaces an upstream file'):
    fork.assemble()


def test_shadow_of_a_changed_upstream_file_is_refused(fork):
  fork.write('emscripten-version.txt', '6.0.5-deputy.1\n')
  fork.pin_as({**fork.pin.__dict__, 'shadows': {'emscripten-version.txt': '1' * 40}})
  with pytest.raises(ForkError, match=r'emscripten-version\.txt is d1e77bca'):
    fork.assemble()


def test_named_shadow_replaces_the_upstream_file(fork):
  fork.write('emscripten-version.txt', '6.0.5-deputy.1\n')
  fork.pin_as({**fork.pin.__dict__,
               'shadows': {'emscripten-version.txt': 'd1e77bca0a209dce64374f8ba5be4a973eccd860'}})
  fork.assemble()
  assert fork.sdk('emscripten-version.txt').read_text() == '6.0.5-deputy.1\n'
  assert tree.is_current(fork.layout, fork.pin)


def test_stand_in_for_a_changed_upstream_file_fails_the_check(fork):
  fork.write('system/lib/deputy/c.c', 'ours\n')
  fork.pin_as({**fork.pin.__dict__, 'stand_ins': {'system/lib/deputy/c.c': {'system/lib/c.c': '1' * 40}}})
  fork.assemble()
  assert 'carry over what changed' in check.check_stand_ins(fork.layout, fork.pin)[0]
  blob = tree.upstream_blobs(tree.repository(fork.layout.sdk))['system/lib/c.c']
  fork.pin_as({**fork.pin.__dict__, 'stand_ins': {'system/lib/deputy/c.c': {'system/lib/c.c': blob}}})
  assert check.check_stand_ins(fork.layout, fork.pin) == []
