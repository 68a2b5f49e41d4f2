# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Assembling: quick, repeatable, resumed after an interruption, and never at the cost of edits."""

from pathlib import Path

import pytest
from overlay import overlay, pin, tree
from overlay.report import ForkError

PATCH = '0001-core-change-line.patch'


def test_overlay_is_linked_and_patches_are_commits(fork):
  ours = fork.write('system/lib/deputy/own.cpp', 'own\n')
  fork.patch(PATCH, 5, 'line 5', 'five')
  assert fork.assemble()
  assert fork.sdk('system/lib/deputy/own.cpp').resolve() == ours
  assert fork.sdk('system/lib/deputy/own.cpp').is_symlink()
  assert not fork.sdk('tools/overlay').exists()
  assert fork.git('log', '--format=%s').splitlines() == [
    PATCH, 'Overlay: our own files', 'Complete the base', 'Emscripten 6.0.5, pristine (1db5137)']
  assert not fork.git('status', '--porcelain')


def test_what_ships_of_our_tests():
  # Those that upstream's runner runs, and their sources.
  root = Path(__file__).parents[2]
  paths = overlay.shipped(root, pin.read(root).overlay)
  assert 'src/lib/libdeputy.js' in paths
  assert not [path for path in paths if path.startswith(('tools/fork.py', 'tools/overlay/'))]
  tests = {path for path in paths if path.startswith('test/') and not path.startswith('test/deputy/')}
  assert tests == {'test/test_browser_deputy.py', 'test/test_deputy.py'}


def test_second_run_changes_nothing(fork):
  fork.patch(PATCH, 5, 'line 5', 'five')
  fork.assemble()
  config = fork.sdk('.emscripten').stat().st_mtime_ns
  assert not fork.assemble()
  assert fork.sdk('.emscripten').stat().st_mtime_ns == config


def test_changed_patch_touches_only_its_file(fork):
  fork.patch(PATCH, 5, 'line 5', 'five')
  fork.assemble()
  before = fork.sdk('system/lib/a.c').stat().st_mtime_ns
  fork.patch(PATCH, 5, 'line 5', 'FIVE', listed=False)
  assert not tree.is_current(fork.layout, fork.pin)
  assert fork.assemble()
  assert 'FIVE' in fork.sdk('src/lines.txt').read_text()
  assert fork.sdk('system/lib/a.c').stat().st_mtime_ns == before


def test_removed_overlay_file_disappears(fork):
  own = fork.write('system/lib/own.c', '')
  fork.assemble()
  own.unlink()
  fork.assemble()
  assert not fork.sdk('system/lib/own.c').is_symlink()


def test_edits_are_not_thrown_away(fork):
  fork.assemble()
  fork.sdk('src/lines.txt').write_text('edited\n')
  fork.patch(PATCH, 5, 'line 5', 'five')
  with pytest.raises(ForkError, match=r'edits that are in no patch: src/lines.txt\n.*refresh'):
    fork.assemble()
  assert fork.sdk('src/lines.txt').read_text() == 'edited\n'


def test_commits_are_not_thrown_away(fork):
  fork.assemble()
  fork.sdk('src/lines.txt').write_text('edited\n')
  fork.git('commit', '-aqm', 'mine')
  fork.patch(PATCH, 5, 'line 5', 'five')
  with pytest.raises(ForkError, match='commits that are in no patch'):
    fork.assemble()


def test_run_killed_while_building_begins_anew(fork):
  fork.write('build/sdk.new/.git/HEAD', 'half')
  fork.assemble()
  assert fork.sdk('emcc').read_text() == 'launcher'
  assert not (fork.layout.build / 'sdk.new').exists()


def test_run_killed_while_moving_is_finished(fork):
  fork.assemble()
  old = fork.git('rev-parse', 'HEAD')
  fork.patch(PATCH, 5, 'line 5', 'five')
  fork.assemble()
  stamp = fork.layout.read_stamp('sdk')
  fork.git('reset', '--hard', '--quiet', old)
  fork.sdk('src/lines.txt').write_text('cut off in the mid')
  fork.sdk('.git/index.lock').touch()
  fork.layout.write_stamp('sdk', {'inputs': {}, 'head': old, 'moving_to': stamp['head']})
  fork.assemble()
  assert 'five' in fork.sdk('src/lines.txt').read_text()
  assert fork.layout.read_stamp('sdk') == stamp


def test_lost_stamp_is_made_again(fork):
  fork.assemble()
  fork.layout.drop_stamp('sdk')
  assert fork.assemble()
  assert tree.is_current(fork.layout, fork.pin)


def test_stock_has_no_overlay_and_no_hooks(fork):
  fork.write('system/lib/own.c', '')
  fork.write('patches/series', '# group: toolchain\n')
  fork.patch('0001-core-fix-line.patch', 5, 'line 5', 'five')
  fork.write('patches/series', '# group: toolchain\n0001-core-fix-line.patch\n# group: hook\n')
  fork.patch('0002-core-hook-line.patch', 10, 'line 10', 'ten')
  tree.assemble_stock(fork.layout, fork.pin)
  text = (fork.layout.stock / 'src/lines.txt').read_text()
  assert 'five' in text
  assert 'ten' not in text
  assert not (fork.layout.stock / 'system/lib/own.c').exists()
  assert not (fork.layout.stock / '.git').exists()
  assert 'staleness' not in (fork.layout.stock / '.emscripten').read_text()


def test_stock_follows_its_patches(fork):
  fork.write('patches/series', '# group: backport\n')
  fork.patch('0001-core-fix-line.patch', 5, 'line 5', 'five')
  tree.assemble_stock(fork.layout, fork.pin)
  before = (fork.layout.stock / 'emcc.py').stat().st_mtime_ns
  fork.patch('0001-core-fix-line.patch', 5, 'line 5', 'FIVE', listed=False)
  tree.assemble_stock(fork.layout, fork.pin)
  assert 'FIVE' in (fork.layout.stock / 'src/lines.txt').read_text()
  assert (fork.layout.stock / 'emcc.py').stat().st_mtime_ns == before


def test_without_a_base_says_set_up(fork):
  fork.layout.drop_stamp('base')
  with pytest.raises(ForkError, match=r'tools/fork\.py setup'):
    fork.assemble()
