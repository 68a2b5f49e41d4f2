# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""A small fork over a small base, in a folder of the test's own: no network, no toolchain."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / 'tools'))

from overlay import pin as pins
from overlay import tree
from overlay.layout import Layout

BASE = {
  'emcc.py': 'print("upstream")\n',
  'emscripten-version.txt': '6.0.5-git\n',
  'src/lines.txt': ''.join(f'line {n}\n' for n in range(1, 21)),
  'system/lib/a.c': '#include "a.h"\n',
  'system/lib/a.h': '#include <b.h>\n',
  'system/include/b.h': '\n',
  'system/lib/c.c': '\n',
  'system/include/emscripten/dom_pk_codes.h': '\n',
  'tools/maint/create_entry_points.py': 'open("emcc", "w").write("launcher")\n',
}

PIN = {
  'version': '6.0.5',
  'commit': '1db5137',
  'archive': {'name': 'base.tar.xz', 'sha256': '0' * 64},
  'tree': '',
  'debian': {'suites': ['forky'], 'source': 'emscripten', 'version': '6.0.5',
             'left_out': ['docs/*.pdf'], 'submodules': ['test/sub']},
  'toolchain': {'llvm': [22, 23], 'binaryen': [131], 'llvm_packages': ['clang-{}'],
                'binaryen_packages': ['binaryen'], 'alone_packages': ['ruff']},
  'overlay': {'roots': ['system', 'tools', 'emscripten-version.txt'], 'unshipped': ['tools/overlay']},
  'shadows': {},
  'stand_ins': {},
}

HEADER = '''\
Subject: Change a line
Why: it
  matters
Calls: nothing
Test: test/test_line.py::test_line
Upstream: not sent
Drop-when: never
'''


class Fork:
  """What a test does to its fork."""

  def __init__(self, root):
    self.layout = Layout(root)
    self.pin_as(PIN)
    for path, text in BASE.items():
      self.write(f'build/base/{path}', text)
    self.write('tools/overlay/tool.py', '')
    self.layout.write_stamp('base', {'sha256': '0' * 64})

  def pin_as(self, pin):
    self.write('upstream.json', json.dumps(pin))
    self.pin = pins.read(self.layout.root)

  def write(self, path, text):
    path = self.layout.root / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path

  def patch(self, name, line, old, new, before=None, after=None, header=HEADER, listed=True):
    """Add a patch that changes one line of src/lines.txt."""
    body = (f'diff --git a/src/lines.txt b/src/lines.txt\n--- a/src/lines.txt\n+++ b/src/lines.txt\n'
            f'@@ -{line - 1},3 +{line - 1},3 @@\n {before or f"line {line - 1}"}\n-{old}\n+{new}\n'
            f' {after or f"line {line + 1}"}\n')
    self.write(f'patches/{name}', f'{header}---\n{body}')
    if listed:
      series = self.layout.patches / 'series'
      self.write('patches/series', (series.read_text() if series.exists() else '') + f'{name}\n')

  def assemble(self):
    return tree.assemble(self.layout, self.pin)

  def sdk(self, path):
    return self.layout.sdk / path

  def git(self, *args):
    return tree.repository(self.layout.sdk)(*args)


@pytest.fixture
def fork(tmp_path):
  return Fork(tmp_path / 'fork')
