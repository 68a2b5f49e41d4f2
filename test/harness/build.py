# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Compiles test programs, each once for all engines and pytest workers: a folder of build/test/ named by the
# hash of all that goes in, made under a file lock. run.py runs what comes out.

import fcntl
import hashlib
import os
import shlex
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harness.keeper import Kept

REPO = Path(__file__).resolve().parents[2]
BUILDS = REPO / 'build' / 'test'
COMPILE_SECONDS = 600  # the first build of a variant makes its system libraries


class CompileError(AssertionError):
  """The command and all it printed."""


@dataclass(frozen=True)
class Program:
  """A linked program: `js` in `dir`, and how it is loaded: 'script', 'factory' or 'es6'."""

  dir: Path
  js: str
  kind: str = 'script'
  export_name: str = 'Module'
  command: str = ''

  @property
  def path(self):
    return self.dir / self.js


def compiler():
  return os.environ.get('DEPUTY_EMCC') or str(REPO / 'emcc')


@cache
def revision():
  """Changes when the compiler does: its path and the newest file it is assembled from."""
  folders = [REPO / name for name in ('patches', 'src', 'system', 'tools')]
  files = [path for folder in folders for path in folder.rglob('*') if '__pycache__' not in path.parts]
  return f'{compiler()} {max((path.stat().st_mtime_ns for path in files), default=0)}'


def label(path):
  """Of a file that a test has written, its name: where it lies is another place for each engine."""
  return str(path.relative_to(REPO) if path.is_relative_to(REPO) else path.name)


def fingerprint(sources, flags, name):
  labels = [label(flag) if isinstance(flag, Path) else flag for flag in flags]
  digest = hashlib.sha256(repr((labels, name, revision())).encode())
  for path in [*sources, *(flag for flag in flags if isinstance(flag, Path))]:
    digest.update(f'{label(path)}\0'.encode() + path.read_bytes())
  return digest.hexdigest()[:20]


def setting(flags, name):
  """The value `-sNAME` or `-sNAME=value` gives, None without it."""
  values = [flag for flag in map(str, flags) if flag == f'-s{name}' or flag.startswith(f'-s{name}=')]
  return (values[-1].partition('=')[2] or '1') if values else None


def kind_of(flags):
  if setting(flags, 'EXPORT_ES6') not in {None, '0'}:
    return 'es6'
  return 'factory' if setting(flags, 'MODULARIZE') not in {None, '0'} else 'script'


def build(sources, flags, name=None):
  """Compiles and links `sources` unless it was done before.

  A flag that is a Path names a file of the test, whose content counts like a source's.
  """
  name = name or sources[0].stem
  kind = kind_of(flags)
  folder = BUILDS / fingerprint(sources, flags, name)
  js = name + ('.mjs' if kind == 'es6' else '.js')
  command = [compiler(), *map(str, sources), *map(str, flags), '-o', str(folder / js)]
  BUILDS.mkdir(parents=True, exist_ok=True)
  with folder.with_suffix('.lock').open('w') as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    # The stamp is written last: what an interrupted compiler left is not taken for a build.
    if not (folder / '.built').exists():
      compile_into(folder, command)
  return Program(folder, js, kind, setting(flags, 'EXPORT_NAME') or 'Module', shlex.join(command))


def compile_into(folder, command):
  shutil.rmtree(folder, ignore_errors=True)
  folder.mkdir()
  kept = Kept(command, folder)
  try:
    status = kept.wait(COMPILE_SECONDS)
  finally:
    kept.kill()
  if status != 0:
    ending = f'exit code {status}' if status else f'no end within {COMPILE_SECONDS} s'
    output = (folder / 'stdout').read_text(errors='replace') + (folder / 'stderr').read_text(errors='replace')
    raise CompileError(f'{shlex.join(command)}\n{ending}\n{output}')
  (folder / '.built').touch()
