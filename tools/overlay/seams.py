# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""What of upstream's our own files replace, wrap or include, and its text in any upstream tree.

Read from our sources: includes, the sections of our JavaScript libraries for functions of upstream's, the linker's
list of wrapped functions. upstream.json adds the files that ours are linked instead of. drill.py compares; check.py
sees to it that nothing is missing.
"""

import ast
import os
import re
from dataclasses import dataclass
from functools import cached_property

from . import overlay

RUNTIME = 'system/lib/deputy/'
LIBRARIES = 'src/lib/'
DRIVER = 'tools/deputy.py'

# Where upstream's functions are, which the linker or a JavaScript library may replace.
C_FOLDERS = ('system/lib/html5', 'system/lib/pthread', 'system/lib/wasm_worker', 'system/lib/libc')

INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)
SECTION = re.compile(r'^ *// ---- Upstream\'s functions, changed', re.MULTILINE)
# A key of a library; a name in code that changes upstream's library as a whole.
KEY = re.compile(r'^  (?:  )?([$\w]+):', re.MULTILINE)
MOVED = re.compile(r'^moveUpstream\(\'([$\w]+)\'', re.MULTILINE)
NAMED = re.compile(r'^(?:.*\bLibraryManager\.library\b|for \(const name of ).*$', re.MULTILINE)
WORD = re.compile(r'[$\w]+')
SUFFIX = re.compile(r'__(?:deps|docs|postset|proxy|async|sig|nothrow|internal)$')
END_OF_FUNCTION = re.compile(r'^}', re.MULTILINE)


@dataclass(frozen=True, order=True)
class Seam:
  """One file or function of upstream's, and the file of ours that its text matters to."""

  what: str
  kind: str  # 'file', 'library' (a function of a JavaScript library) or 'native'
  verb: str  # what ours does: 'replaces', 'wraps', 'includes'
  ours: str


class Tree:
  """An upstream tree; what is in it by name."""

  def __init__(self, root):
    self.root = root

  def text(self, path):
    """The text of a file, or None."""
    try:
      return (self.root / path).read_text(encoding='utf-8', errors='replace')
    except OSError:
      return None

  def texts(self, seam):
    """The texts of a seam by the file that each is in; {} when there is none."""
    if seam.kind == 'file':
      text = self.text(seam.what)
      return {} if text is None else {seam.what: text}
    return (self.library if seam.kind == 'library' else self.native)(seam.what)

  @cached_property
  def libraries(self):
    """The keys of each JavaScript library by name, by path; its signatures are generated."""
    return {f'{LIBRARIES}{path.name}': entries(path.read_text(encoding='utf-8'))
            for path in sorted((self.root / LIBRARIES).glob('lib*.js')) if path.name != 'libsigs.js'}

  def library(self, name):
    return {path: found[name] for path, found in self.libraries.items() if name in found}

  @cached_property
  def sources(self):
    """The C sources by path."""
    paths = [path for folder in C_FOLDERS for path in sorted((self.root / folder).rglob('*.c'))]
    return {str(path.relative_to(self.root)): path.read_text(encoding='utf-8', errors='replace') for path in paths}

  def native(self, name):
    """A C function by path; under the name that it is an alias of, if so."""
    found = {}
    for path, text in self.sources.items():
      if name in text:
        alias = re.search(rf'^(?:weak_alias|strong_alias|EMSCRIPTEN_ALIAS)\((\w+), {name}\)', text, re.MULTILINE)
        function = function_text(text, alias[1] if alias else name)
        if function:
          found[path] = function
    return found

  @cached_property
  def headers(self):
    """The headers of the system libraries' own: paths by name."""
    found = {}
    for folder, _, names in os.walk(self.root / 'system/lib'):
      for name in names:
        if name.endswith('.h'):
          found.setdefault(name, []).append(os.path.relpath(os.path.join(folder, name), self.root))
    return found


def entries(text):
  """The text of each name in a JavaScript library, with what belongs to it (__deps and so on)."""
  found = {}
  name = None
  for line in text.splitlines(keepends=True):
    key = re.match(r'  (?:async )?([$\w]+)(?::|\()', line)
    if key:
      name = SUFFIX.sub('', key[1])
    elif re.match(r'[^\s#]|  //|  /\*', line):
      name = None
    if name:
      found[name] = found.get(name, '') + line
    if line.startswith(('  }', '  ]')):
      name = None
  return found


def function_text(text, name):
  """The definition of a C function in `text`, or None."""
  start = re.search(rf'^(?!#|//| |static inline ).*\b{name}\([^;]*?\)\s*{{', text, re.MULTILINE)
  if not start:
    return None
  end = END_OF_FUNCTION.search(text, start.end())
  is_short = '}' in text[start.end():].partition('\n')[0]
  return text[start.start():text.index('\n', start.end()) + 1 if is_short or not end else end.end() + 1]


def find(layout, pin, base):
  """Each seam, from our sources; `base` is the Tree that they were written for."""
  seams = [Seam(path, 'file', 'replaces', path) for path in pin.shadows]
  seams += [Seam(path, 'file', 'replaces', ours) for ours, theirs in pin.stand_ins.items() for path in theirs]
  replaced = {seam.what for seam in seams}
  for ours in overlay.shipped(layout.root, pin.overlay):
    text = (layout.root / ours).read_text(encoding='utf-8')
    if ours.startswith(RUNTIME):
      seams += [Seam(path, 'file', 'includes', ours) for path in included(layout.root, ours, text, base)
                if path not in replaced]
    elif ours.startswith(LIBRARIES):
      seams += changed(ours, text, base)
    elif ours == DRIVER:
      seams += [Seam(name, 'library' if base.library(name) else 'native', 'wraps', ours) for name in wrapped(text)]
  return sorted(set(seams))


def included(root, ours, text, base):
  """Upstream's files that a source of ours includes: by path, or private headers by name."""
  folder = os.path.dirname(ours)
  for name in INCLUDE.findall(text):
    path = os.path.normpath(f'{folder}/{name}')
    if '/' in name:
      yield path
    elif not (root / path).exists():
      yield from base.headers.get(name, [])


def changed(ours, text, base):
  """What a JavaScript library of ours changes of upstream's."""
  section = SECTION.search(text)
  if not section:
    return
  text = text[section.start():]
  moved = set(MOVED.findall(text))
  keys = {SUFFIX.sub('', name) for name in KEY.findall(text)}
  words = {SUFFIX.sub('', word) for line in NAMED.findall(text) for word in WORD.findall(line)}
  for name in moved | keys | words:
    if name in moved or base.library(name):
      yield Seam(name, 'library', 'wraps' if name in moved else 'replaces', ours)
    elif name in keys and base.native(name):
      yield Seam(name, 'native', 'replaces', ours)


def wrapped(text):
  """The functions that the linker leads through ours."""
  for node in ast.parse(text).body:
    if isinstance(node, ast.Assign) and getattr(node.targets[0], 'id', '') == 'WRAPPED':
      return ast.literal_eval(node.value)
  return []


def problems(layout, pin, base):
  """What upstream.json should name and does not, and what is wrapped and not there."""
  found = []
  for seam in find(layout, pin, base):
    if seam.verb == 'includes' and seam.what.endswith('.c'):
      found.append(f'our {seam.ours} includes upstream\'s {seam.what}, which upstream.json\'s stand_ins do not name')
    elif seam.kind != 'file' and not base.texts(seam):
      found.append(f'our {seam.ours} {seam.verb} {seam.what}, which upstream does not have')
  return found
