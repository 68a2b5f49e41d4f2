# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""The rebase drill: what applies to another upstream tree, what conflicts, and what has changed under our files."""

import dataclasses
import shutil

import pytest
from overlay import check, drill
from overlay.report import ForkError

FIRST = '0001-core-change-line.patch'
SECOND = '0002-core-change-both.patch'

LIBRARY = '''\
var LibraryUpstream = {
  $one__deps: ['$two'],
  $one: () => {
    two(1);
  },

  // Of the next.
  $two: (value) => value,
  three: () => 3,
#if ASSERTIONS
  four: () => 4,
#else
  four: () => 5,
#endif
  $five: {
    six() {},
  },
};
'''

OURS = '''\
var LibraryDeputy = {
  three: () => 'before the section',
};

// ---- Upstream's functions, changed -------------------------------------------

moveUpstream('$one', '$oneOfUpstream');

Object.assign(LibraryDeputy, {
  $one__deps: ['$oneOfUpstream', '$two'],
  $one: () => oneOfUpstream(),
  four: () => 6,
  native: () => 7,
  $deputyOnly: () => {},
});

LibraryManager.library.$five__deps.push('$one');
'''

NATIVE = 'int x;\nint native(int a) {\n  return a;\n}\n\nvoid __slow(void) {\n  wait();\n}\nweak_alias(__slow, slow);\n'


@pytest.fixture
def seamed(fork):
  """A fork with every kind of seam."""
  base = {'src/lib/libupstream.js': LIBRARY, 'src/lib/libsigs.js': "sigs = {\n  $one__sig: 'v',\n};\n",
          'system/lib/pthread/native.c': NATIVE, 'system/lib/pthread/stood_in.c': 'int stood_in;\n',
          'system/lib/pthread/private.h': 'struct s;\n'}
  for path, text in base.items():
    fork.write(f'build/base/{path}', text)
  fork.pin = dataclasses.replace(
    fork.pin, overlay={'roots': ['src', 'system', 'tools'], 'unshipped': ['tools/overlay']},
    stand_ins={'system/lib/deputy/own.c': {'system/lib/pthread/stood_in.c': '0'}})
  fork.write('src/lib/libdeputy.js', OURS)
  fork.write('system/lib/deputy/own.h', '')
  fork.write('system/lib/deputy/own.c', '#include "own.h"\n#include "private.h"\n#include "../pthread/stood_in.c"\n')
  fork.write('tools/deputy.py', "WRAPPED = [\n  'slow',\n]\n")
  return fork


@pytest.fixture
def other(fork, tmp_path):
  """Another upstream tree: edit('path', old, new)."""
  def edit(path, old, new):
    tree = tmp_path / 'other'
    if not tree.exists():
      shutil.copytree(fork.layout.base, tree)
    file = tree / path
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return tree
  return edit


def test_each_patch_is_tried(fork, other, capsys):
  fork.patch(FIRST, 5, 'line 5', 'five')
  fork.patch(SECOND, 15, 'line 15', 'fifteen')
  tree = other('src/lines.txt', 'line 15\n', 'new\n')
  assert not drill.try_on(fork.layout, fork.pin, tree)
  printed = capsys.readouterr().out
  assert f'applies    {FIRST}\n' in printed
  assert f'conflicts  {SECOND}\n  src/lines.txt, hunk 1 (old line 14)\n' in printed
  assert '    -line 15\n    +fifteen\n' in printed
  assert '1 patches conflict' in printed


def test_what_applies_of_a_patch_is_there_for_the_next(fork, other, capsys):
  fork.patch(FIRST, 5, 'line 5', 'five')
  path = fork.layout.patches / FIRST
  path.write_text(path.read_text() + '@@ -14,3 +14,3 @@\n line 14\n-line 15\n+fifteen\n line 16\n')
  fork.patch(SECOND, 6, 'line 6', 'six', before='five')
  tree = other('src/lines.txt', 'line 15\n', 'new\n')
  assert not drill.try_on(fork.layout, fork.pin, tree)
  printed = capsys.readouterr().out
  assert f'conflicts  {FIRST}\n  src/lines.txt, hunk 2 (old line 14)\n' in printed
  assert f'applies    {SECOND}\n' in printed


def test_file_that_is_gone_is_said(fork, other, capsys):
  fork.patch(FIRST, 5, 'line 5', 'five')
  tree = other('src/lines.txt', 'line 5', 'line 5')
  (tree / 'src/lines.txt').unlink()
  assert not drill.try_on(fork.layout, fork.pin, tree)
  assert 'src/lines.txt, hunk 1 (old line 4): there is no such file' in capsys.readouterr().out


CHANGES = {
  'moved': ('src/lib/libupstream.js', 'two(1)', 'two(2)', '$one (src/lib/libupstream.js)\n  src/lib/libdeputy.js wraps it\n'),
  'replaced': ('src/lib/libupstream.js', '=> 5', '=> 50', 'four (src/lib/libupstream.js)\n  src/lib/libdeputy.js replaces it\n'),
  'changed in place': ('src/lib/libupstream.js', 'six() {}', 'six(a) {}', '$five (src/lib/libupstream.js)\n'),
  'native, of a library': ('system/lib/pthread/native.c', 'return a', 'return -a', 'native (system/lib/pthread/native.c)\n'),
  'native, by its alias': ('system/lib/pthread/native.c', 'wait()', 'pause()', 'slow (system/lib/pthread/native.c)\n  tools/deputy.py wraps it\n'),
  'stood in for': ('system/lib/pthread/stood_in.c', 'int', 'long', 'system/lib/pthread/stood_in.c\n  system/lib/deputy/own.c replaces it\n'),
  'header': ('system/lib/pthread/private.h', 's;', 't;', 'system/lib/pthread/private.h\n  system/lib/deputy/own.c includes it\n'),
}


@pytest.mark.parametrize('change', CHANGES)
def test_change_under_a_file_of_ours_is_shown(seamed, other, capsys, change):
  path, old, new, what = CHANGES[change]
  assert drill.try_on(seamed.layout, seamed.pin, other(path, old, new))
  printed = capsys.readouterr().out
  assert f'changed    {what}' in printed
  assert [line for line in printed.splitlines() if line.startswith('    +') and new in line]
  assert '1 files and functions' in printed
  assert 'unchanged  6 others\n' in printed


@pytest.mark.parametrize(('path', 'old', 'new'), [
  ('src/lib/libupstream.js', '(value) => value', '(value) => -value'),
  ('src/lib/libupstream.js', '=> 3', '=> 33'),
  ('src/lib/libupstream.js', '// Of the', '// For the'),
  ('src/lib/libsigs.js', "'v'", "'i'"),
  ('system/lib/pthread/native.c', 'int x', 'long x'),
])
def test_other_changes_are_not(seamed, other, capsys, path, old, new):
  assert drill.try_on(seamed.layout, seamed.pin, other(path, old, new))
  printed = capsys.readouterr().out
  assert 'changed    ' not in printed.replace('unchanged  ', '')
  assert '0 files and functions' in printed


def test_function_that_is_gone_or_elsewhere(seamed, other, capsys):
  tree = other('src/lib/libupstream.js', '  four', '  fore')
  (tree / 'system/lib/pthread/native.c').rename(tree / 'system/lib/pthread/moved.c')
  assert drill.try_on(seamed.layout, seamed.pin, tree)
  printed = capsys.readouterr().out
  assert 'gone       four (src/lib/libupstream.js: gone)' in printed
  assert 'changed    slow (system/lib/pthread/moved.c: new, system/lib/pthread/native.c: gone)' in printed


def test_long_differences_are_cut(seamed, other, capsys):
  drill.try_on(seamed.layout, seamed.pin, other('system/lib/pthread/stood_in.c', 'int stood_in;', 'int a;\n' * 100))
  printed = capsys.readouterr().out
  assert printed.count('+int a;') < 50
  assert 'lines more' in printed


def test_what_is_no_upstream_tree_is_refused(fork, tmp_path):
  with pytest.raises(ForkError, match=r'is not an Emscripten tree\n.*emcc\.py'):
    drill.try_on(fork.layout, fork.pin, tmp_path)


def test_check_misses_no_seam(seamed):
  assert check.check_seams(seamed.layout, seamed.pin) == []
  seamed.write('system/lib/deputy/more.c', '#include "../pthread/native.c"\n')
  seamed.write('tools/deputy.py', "WRAPPED = ['slow', 'fast']\n")
  seamed.write('src/lib/libdeputy.js', OURS.replace("'$one',", "'$none',"))
  assert sorted(check.check_seams(seamed.layout, seamed.pin)) == [
    "our src/lib/libdeputy.js wraps $none, which upstream does not have",
    "our system/lib/deputy/more.c includes upstream's system/lib/pthread/native.c, which upstream.json's stand_ins do not name",
    "our tools/deputy.py wraps fast, which upstream does not have"]
