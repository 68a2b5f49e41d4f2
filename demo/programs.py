#!/usr/bin/env python3
# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
"""Builds real command-line programs from unmodified upstream source, with -sDEPUTY_THREAD.

`build('xz')` returns the path of build/demo/programs/xz.js: a script that defines `createProgram`
(-sMODULARIZE), with xz.wasm beside it. The source is the upstream archive inside the host's own
Debian source package; nothing in it is edited: our flags go in as the variables the program's
own build system offers. The page (app.js), run.py and the test suite use the result.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / 'build' / 'demo'
SOURCES = ROOT / 'build' / 'downloads' / 'demo'
PROGRAMS = BUILD / 'programs'

sys.path.insert(0, str(ROOT / 'tools'))
from overlay import pin  # ruff: ignore[unused-import] (for sample.py)
from overlay.apt import Apt
from overlay.report import ForkError, say, step

COMPILE = '-O3 -pthread'
# Fixed memory is the quickest, and room for xz -6 on eight threads; a browser commits pages only
# as they are touched. EXIT_RUNTIME ends the workers with the program, as a process would; without
# ABORTING_MALLOC the program itself reports that memory ran out.
LINK = ('-sDEPUTY_THREAD -sEXIT_RUNTIME -sINITIAL_MEMORY=1GB -sABORTING_MALLOC=0 '
        '-sFORCE_FILESYSTEM -sEXPORTED_RUNTIME_METHODS=FS -sMODULARIZE -sEXPORT_NAME=createProgram')
# What a linked program depends on besides its own source.
TOOLCHAIN = tuple(ROOT / name for name in ('patches', 'src', 'system', 'tools', 'upstream.json'))


@dataclass(frozen=True)
class Program:
  """How one Debian source package becomes a program; paths are relative to the unpacked source."""

  package: str
  output: str  # what make leaves there; its .wasm stands beside it
  make: tuple
  configure: tuple = field(default=())
  # What emcc then makes `output` of, where make leaves source: arguments.
  link: tuple = field(default=())


XZ_UNUSED = ('shared', 'xzdec', 'lzmadec', 'lzmainfo', 'lzma-links', 'scripts', 'doc', 'nls', 'rpath',
             'dependency-tracking')

CATALOGUE = {
  'xz': Program(
    package='xz-utils',
    output='src/xz/xz.js',
    # -O1 only makes configure's many little links quick; make compiles with COMPILE.
    configure=('--host=wasm32-unknown-emscripten', '--enable-threads=posix', 'CFLAGS=-O1 -pthread',
               *(f'--disable-{part}' for part in XZ_UNUSED)),
    make=('EXEEXT=.js', f'CFLAGS={COMPILE}', f'LDFLAGS={LINK}'),
  ),
  # A library without a main(), called by the page: test/test_sqlite.py.
  'sqlite3': Program(
    package='sqlite3',
    output='sqlite3.js',
    configure=('--host=wasm32-unknown-emscripten', '--disable-readline', '--disable-tcl', 'CFLAGS=-O1 -pthread'),
    make=('BCC=cc', 'sqlite3.c'),
    link=('-O2', '-I.', 'sqlite3.c', ROOT / 'demo/sqlite/database.cpp', '-lembind', '-sDEPUTY_THREAD',
          '-DSQLITE_THREADSAFE=1', '-DSQLITE_OMIT_LOAD_EXTENSION', '-DSQLITE_USE_URI', '-sWASMFS', '-sALLOW_MEMORY_GROWTH', '-Wno-pthreads-mem-growth',
          '-sMODULARIZE', '-sEXPORT_NAME=createSqlite', '-sEXPORTED_RUNTIME_METHODS=ccall,cwrap,HEAPU32', '-fwasm-exceptions',
          '-sDEPUTY_INLINE_EXPORTS=sqlite3_interrupt', '-sEXPORTED_FUNCTIONS=' + ','.join(f'_{name}' for name in (
            'malloc', 'free', 'sqlite3_open_v2', 'sqlite3_close', 'sqlite3_exec', 'sqlite3_prepare_v2', 'sqlite3_bind_int',
            'sqlite3_bind_text', 'sqlite3_step', 'sqlite3_reset', 'sqlite3_column_int', 'sqlite3_column_text', 'sqlite3_finalize',
            'sqlite3_errmsg', 'sqlite3_interrupt'))),
  ),
  'zstd': Program(
    package='libzstd',
    output='programs/obj/zstd.js',
    make=('-C', 'programs', 'zstd', 'BUILD_DIR=obj', 'EXT=.js', 'BACKTRACE=0',
          'HAVE_ZLIB=0', 'HAVE_LZMA=0', 'HAVE_LZ4=0', f'CFLAGS={COMPILE}', f'LDFLAGS={LINK}'),
  ),
}


def build(name):
  """Build program `name` unless it is current, and return the path of its script."""
  script = PROGRAMS / f'{name}.js'
  program = CATALOGUE[name]
  if is_current(script):
    return script
  folder = BUILD / name
  if not folder.is_dir():
    unpack(fetch(program.package), folder)
  if program.configure and not (folder / 'configured').is_file():
    run_logged(name, 'configure', [ROOT / 'emconfigure', './configure', *program.configure], folder)
    (folder / 'configured').touch()
  output = folder / program.output
  output.unlink(missing_ok=True)  # the compiler may be newer, which make does not know
  jobs = f'-j{os.cpu_count()}'
  run_logged(name, 'make', [ROOT / 'emmake', 'make', jobs, *program.make], folder)
  if program.link:
    run_logged(name, 'link', [ROOT / 'emcc', *program.link, '-o', output], folder)
  PROGRAMS.mkdir(exist_ok=True)
  shutil.copy(output.with_suffix('.wasm'), PROGRAMS)
  shutil.copy(output, PROGRAMS)  # last: is_current() looks at it
  return script


def is_current(script):
  """Whether `script` is newer than this recipe and everything the compiler is made of."""
  if not script.is_file():
    return False
  files = [Path(__file__)]
  for path in TOOLCHAIN:
    files += [path] if path.is_file() else [
      file for file in path.rglob('*') if file.is_file() and file.suffix != '.pyc']
  return max(file.stat().st_mtime for file in files) < script.stat().st_mtime


def fetch(package):
  """The upstream archive of the Debian source package, fetched once into SOURCES."""
  def found():
    return next(iter(sorted(SOURCES.glob(f'{package}_*.orig.tar.*z'))), None)

  if archive := found():
    return archive
  SOURCES.mkdir(parents=True, exist_ok=True)
  try:
    apt = Apt(SOURCES / 'apt', suite())
    apt.update()
    with step(f'fetching the source of {package}'):
      apt('apt-get', 'source', '-qq', '--download-only', '--tar-only', package, cwd=SOURCES)
  except ForkError as error:
    raise ForkError(f'the source of {package} could not be fetched: {error}',
                    f'put its {package}_*.orig.tar.xz into {SOURCES} and run this again') from None
  return found()


def suite():
  """The code name of the host's Debian, so that the host's own program is the same version."""
  lines = Path('/etc/os-release').read_text(encoding='utf-8').splitlines()
  names = dict(line.split('=', 1) for line in lines if '=' in line)
  return names.get('VERSION_CODENAME', 'stable').strip('"')


def unpack(archive, folder):
  """Unpack `archive`, less its top folder; `folder` appears only when it is whole."""
  fresh = folder.with_suffix('.new')
  shutil.rmtree(fresh, ignore_errors=True)
  fresh.mkdir(parents=True)
  done = subprocess.run(['tar', '-xf', archive, '--strip-components=1', '-C', fresh],
                        capture_output=True, text=True, check=False)
  if done.returncode:
    raise ForkError(f'cannot unpack {archive}: {done.stderr.strip()}',
                    'delete the file and run this again')
  fresh.rename(folder)


def run_logged(name, verb, argv, folder):
  """Run a step of the program's own build system, its output in a log."""
  log = BUILD / f'{name}-{verb}.log'
  with step(f'{verb} {name}'), log.open('w') as output:
    done = subprocess.run(argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=output,
                          stderr=subprocess.STDOUT, check=False)
  if done.returncode:
    tail = '\n'.join(log.read_text(errors='replace').splitlines()[-12:])
    raise ForkError(f'`{verb}` of {name} failed:\n{tail}',
                    f'read {log}; to start afresh, delete {folder}')


def main():
  parser = argparse.ArgumentParser(description='Build the demo\'s programs from Debian\'s sources.')
  parser.add_argument('names', nargs='+', choices=CATALOGUE, metavar='program',
                      help='one or more of: ' + ', '.join(CATALOGUE))
  start = time.monotonic()
  try:
    for name in parser.parse_args().names:
      print(build(name))
  except ForkError as error:
    sys.exit(f'programs.py: error: {error}')
  say(f'done in {time.monotonic() - start:.0f} s')


if __name__ == '__main__':
  main()
