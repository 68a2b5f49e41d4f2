# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Which cached system libraries an edit of their sources made stale; emcc asks at each start.

build/sdk/.emscripten calls at_start(). A walk compares system/ with the record of the last one; for
what changed, the archives that contain it are deleted and emcc builds them again when it links.
A JS library is read at each link and needs nothing. Runs inside emcc: no imports but quick ones.
"""

import contextlib
import fcntl
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ASKING = ('emcc.py', 'em++.py', 'embuilder.py')
# Set for the compilers that emcc starts, so that one start walks once.
WALKED = 'DEPUTY_SYSTEM_WALKED'
# Upstream's sign that the headers are installed.
HEADERS_STAMP = 'sysroot_install.stamp'
HEADERS = ('.h', '.hpp', '.inc', '.def', '.in', '')
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include(?:_next)?[ \t]*[<"]([^>"]+)[>"]', re.MULTILINE)

# What defines the libraries: their flags and file lists.
DEFINITIONS = ('tools/system_libs.py', 'tools/deputy_libs.py')

# Run in a process of its own: upstream's tools want a fresh interpreter. Each library variation
# names its sources, and the modules of its class and the classes that it inherits from.
LIST_LIBRARIES = '''
import json, sys
sys.path.insert(0, sys.argv[1])
from tools import system_libs
def sources(lib):
  modules = {kind.__module__ for kind in type(lib).__mro__}
  return [*map(str, lib.get_files()),
          *(sys.modules[name].__file__ for name in modules if name.startswith('tools.'))]
print(json.dumps({lib.get_filename(): sources(lib)
                  for lib in system_libs.Library.get_all_variations().values()}))
'''


def at_start(argv, config, cache):
  """Called by .emscripten: `config` is its path, in the tree it belongs to."""
  if os.path.basename(argv[0]) in ASKING and WALKED not in os.environ:
    os.environ[WALKED] = '1'
    refresh(Path(config).parent, Path(os.environ.get('EM_CACHE') or cache))


def refresh(tree, cache):
  """Delete from `cache` what edits of the libraries' sources in `tree` since the last look made stale."""
  record = cache / 'system_files.json'
  if look(tree) == read(record):
    return
  cache.mkdir(parents=True, exist_ok=True)
  with lock(cache):
    now = look(tree)
    changed = changes(now, read(record), cache)
    if changed:
      erase(tree, cache, changed)
    fresh = record.with_suffix('.new')
    fresh.write_text(json.dumps(now))
    fresh.replace(record)


def changes(now, before, cache):
  """The files that differ from the record; without one, those newer than what was made of them.

  Emscripten empties its cache, record and all, when its configuration changes.
  """
  if before is None:
    made = [*archives(cache), *cache.glob(HEADERS_STAMP)]
    oldest = min((path.stat().st_mtime_ns for path in made), default=None)
    return {path for path, (time, _) in now.items() if oldest and time > oldest}
  return {path for path in now.keys() | before.keys() if now.get(path) != before.get(path)}


def archives(cache):
  return [path for path in cache.glob('sysroot/lib/**/*') if path.suffix in {'.a', '.o'}]


@contextlib.contextmanager
def lock(cache):
  """Hold Emscripten's own cache lock: a library being built is finished before it is judged."""
  with open(cache / 'cache.lock', 'a', encoding='utf-8') as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    yield


def read(record):
  try:
    return json.loads(record.read_text())
  except (OSError, ValueError):
    return None


def look(tree):
  """Time and size of every file that a library is made from, or defined in."""
  found = walk(tree / 'system')
  for path in DEFINITIONS:
    with contextlib.suppress(FileNotFoundError):
      about = os.stat(tree / path)
      found[str(tree / path)] = [about.st_mtime_ns, about.st_size]
  return found


def walk(top):
  """Time and size of every file below `top`; a symlink counts as what it points to."""
  found = {}
  folders = [str(top)]
  while folders:
    with os.scandir(folders.pop()) as entries:
      for entry in entries:
        if entry.is_dir():
          folders.append(entry.path)
        elif entry.is_file():
          about = entry.stat()
          found[entry.path] = [about.st_mtime_ns, about.st_size]
  return found


def erase(tree, cache, changed):
  """Delete the archives built from `changed` files, and the installed headers' stamp."""
  headers = {path for path in changed if os.path.splitext(path)[1] in HEADERS}
  built = archives(cache)
  names = libraries_of(tree, changed | includers(tree / 'system', headers)) if built else set()
  # By family: upstream's list has one name for -sMALLOC=emmalloc-debug and emmalloc's own debug variant.
  families = {family(name) for name in names}
  stale = [path for path in built if family(path.name) in families]
  for path in stale:
    path.unlink(missing_ok=True)
  if headers:
    (cache / HEADERS_STAMP).unlink(missing_ok=True)
  if stale:
    names = sorted({path.name for path in stale})
    shown = ', '.join(names[:6]) + (f' and {len(names) - 6} more' if len(names) > 6 else '')
    print(f'emcc: system sources changed; to be rebuilt: {shown}', file=sys.stderr)


def family(name):
  return re.split(r'[-.]', name)[0]


def libraries_of(tree, sources):
  """The file names of the libraries that have one of `sources`, or had it before it was deleted."""
  listing = subprocess.run([sys.executable, '-E', '-B', '-c', LIST_LIBRARIES, str(tree)],
                           capture_output=True, text=True, env={**os.environ, WALKED: '1'})
  if listing.returncode:
    sys.exit(f'emcc: error: cannot list the system libraries of {tree}:\n{listing.stderr}'
             '  next: correct tools/system_libs.py or the module of ours that it imports')
  gone = {os.path.dirname(path) for path in sources if not os.path.exists(path)}
  return {name for name, files in json.loads(listing.stdout).items()
          if any(file in sources or os.path.dirname(file) in gone
                 for file in map(os.path.normpath, files))}


def includers(system, headers):
  """Every file below `system` that includes one of `headers`, directly or not.

  An include counts for each header whose path ends in it: too many libraries are rebuilt rather
  than too few.
  """
  if not headers:
    return set()
  by_name = {}
  for path in walk(system):
    with open(path, encoding='utf-8', errors='replace') as file:
      for include in INCLUDE.findall(file.read()):
        ending = '/' + re.sub(r'^(\.\.?/)+', '', include)
        by_name.setdefault(os.path.basename(include), []).append((ending, path))
  found = set()
  pending = list(headers)
  while pending:
    header = pending.pop()
    for ending, path in by_name.get(os.path.basename(header), ()):
      if header.endswith(ending) and path not in found:
        found.add(path)
        pending.append(path)
  return found
