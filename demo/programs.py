#!/usr/bin/env python3
# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
"""Builds real command-line programs from unmodified upstream source, with -sDEPUTY_THREAD.

`build('xz')` returns the path of build/demo/programs/xz.js: a script that defines `createProgram`
(-sMODULARIZE), with xz.wasm beside it. The source is the upstream archive inside the host's own
Debian source package; nothing in it is edited: our flags go in as the variables the program's
own build system offers. The page (app.js), run.py and the test suite use the result.

The same recipes make the programs with stock Emscripten and for the host, to compare with:
`build('xz', 'stock')`, `build('xz', 'native')`. runs.py runs them, table.py writes docs/programs.md.
"""

import argparse
import difflib
import os
import shutil
import subprocess
import sys
import tarfile
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
from overlay.layout import held
from overlay.report import ForkError, say, step

COMPILE = '-O3 -pthread'
# Fixed memory is the quickest, and room for xz -6 on eight threads; a browser commits pages only
# as they are touched. EXIT_RUNTIME ends the workers with the program, as a process would; without
# ABORTING_MALLOC the program itself reports that memory ran out.
LINK = ('-sEXIT_RUNTIME -sINITIAL_MEMORY=1GB -sABORTING_MALLOC=0 '
        '-sFORCE_FILESYSTEM -sEXPORTED_RUNTIME_METHODS=FS -sMODULARIZE -sEXPORT_NAME=createProgram')
# What a linked program depends on besides its own source.
TOOLCHAIN = tuple(ROOT / name for name in ('patches', 'src', 'system', 'tools', 'upstream.json'))


@dataclass(frozen=True)
class Flavour:
  """A way to build every program."""

  tools: Path | None  # the folder of emcc; None is the host's own compiler
  link: str = ''      # what the linker is told, where the recipe says {link}

  def words(self):
    """What stands in a recipe's braces."""
    if not self.tools:
      return {'cc': 'cc', 'cxx': 'c++', 'ar': 'ar', 'ranlib': 'ranlib', 'exe': '', 'compile': COMPILE,
              'link': '-pthread'}
    tools = {word: self.tools / tool for word, tool in (
      ('cc', 'emcc'), ('cxx', 'em++'), ('ar', 'emar'), ('ranlib', 'emranlib'))}
    return {**tools, 'cross': '', 'exe': '.js', 'compile': COMPILE,
            'link': f'-pthread {self.link} {LINK}'}


FLAVOURS = {
  'deputy': Flavour(ROOT, '-sDEPUTY_THREAD'),
  # The pool is as large as any of the programs wants.
  'stock': Flavour(ROOT / 'build' / 'stock', '-sPROXY_TO_PTHREAD -sPTHREAD_POOL_SIZE=16'),
  'native': Flavour(None),
}


@dataclass(frozen=True)
class Run:
  """What is run of a program, and what of it is the same everywhere."""

  about: str
  args: tuple = ()
  inputs: tuple = ()  # names of files, see runs.inputs_of()
  result: str = ''    # the file whose content counts; '' is what it prints
  steady: bool = True  # what it prints is the same each time; else its exit code alone counts
  quick: bool = False  # built and run by default in the tests
  seconds: int = 120  # no run takes longer


@dataclass(frozen=True)
class Program:
  """How one Debian source package becomes a program; paths are relative to the unpacked source.

  Words in braces differ by flavour: {cc}, {cxx}, {ar}, {ranlib}, {exe}, {compile}, {link}. What
  begins with {cross} is not for the host.
  """

  package: str
  output: str  # what make leaves there; its .wasm stands beside it
  make: tuple
  configure: tuple = field(default=())
  cmake: tuple = field(default=())  # instead; CMake builds in obj/
  # What emcc then makes `output` of, where make leaves source: arguments.
  link: tuple = field(default=())
  tree: str = ''  # the program in whose folder it is built, with the same configuration
  run: Run | None = None


HOST = '{cross}--host=wasm32-unknown-emscripten'
XZ_UNUSED = ('shared', 'xzdec', 'lzmadec', 'lzmainfo', 'lzma-links', 'scripts', 'doc', 'nls', 'rpath',
             'dependency-tracking')
SQLITE = (HOST, '--disable-readline', '--disable-tcl', 'CFLAGS=-O1 -pthread')
SQLITE_MAKE = ('BCC=cc', 'sqlite3.c')
SQLITE_TEST = ('-O2', '-pthread', '-I.', '-Isrc', '-DHAVE_USLEEP=1', '-DSQLITE_OMIT_LOAD_EXTENSION',
               'sqlite3.c', '-lm')
ZSTD_ALONE = ('BACKTRACE=0', 'HAVE_ZLIB=0', 'HAVE_LZMA=0', 'HAVE_LZ4=0')
CMAKE_FLAGS = ('-DCMAKE_C_FLAGS={compile}', '-DCMAKE_CXX_FLAGS={compile}', '-DCMAKE_EXE_LINKER_FLAGS={link}',
               '-DCMAKE_BUILD_TYPE=Release')
UV_CYGWIN = ('cygwin', 'bsd-ifaddrs', 'no-fsevents', 'no-proctitle', 'posix-hrtime', 'posix-poll', 'procfs-exepath',
             'sysinfo-loadavg', 'sysinfo-memory')
GTEST = (*CMAKE_FLAGS, '-Dgtest_build_tests=ON', '-Dgmock_build_tests=ON')
# It makes errors of warnings; this one is of a compiler newer than it.
BENCHMARK = (*CMAKE_FLAGS, '-DCMAKE_CXX_FLAGS={compile} -Wno-c2y-extensions', '-DBENCHMARK_ENABLE_GTEST_TESTS=OFF')

CATALOGUE = {
  'xz': Program(
    package='xz-utils',
    output='src/xz/xz{exe}',
    # -O1 only makes configure's many little links quick; make compiles with COMPILE.
    configure=(HOST, '--enable-threads=posix', 'CFLAGS=-O1 -pthread', *(f'--disable-{part}' for part in XZ_UNUSED)),
    make=('EXEEXT={exe}', 'CFLAGS={compile}', 'LDFLAGS={link}'),
    run=Run('compresses 8 MiB', ('-T4', '-6', '-k', '--block-size=1MiB', 'input'), ('input',), 'input.xz'),
  ),
  # A library without a main(), called by the page: test/test_sqlite.py.
  'sqlite3': Program(
    package='sqlite3',
    output='sqlite3.js',
    configure=SQLITE,
    make=SQLITE_MAKE,
    link=('-O2', '-I.', 'sqlite3.c', ROOT / 'demo/sqlite/database.cpp', '-lembind', '-sDEPUTY_THREAD',
          '-DSQLITE_THREADSAFE=1', '-DSQLITE_OMIT_LOAD_EXTENSION', '-DSQLITE_USE_URI', '-sWASMFS', '-sALLOW_MEMORY_GROWTH', '-Wno-pthreads-mem-growth',
          '-sMODULARIZE', '-sEXPORT_NAME=createSqlite', '-sEXPORTED_RUNTIME_METHODS=ccall,cwrap,HEAPU32', '-fwasm-exceptions',
          '-sDEPUTY_INLINE_EXPORTS=sqlite3_interrupt', '-sEXPORTED_FUNCTIONS=' + ','.join(f'_{name}' for name in (
            'malloc', 'free', 'sqlite3_open_v2', 'sqlite3_close', 'sqlite3_exec', 'sqlite3_prepare_v2', 'sqlite3_bind_int',
            'sqlite3_bind_text', 'sqlite3_step', 'sqlite3_reset', 'sqlite3_column_int', 'sqlite3_column_text', 'sqlite3_finalize',
            'sqlite3_errmsg', 'sqlite3_interrupt'))),
  ),
  # SQLite's own tests of its threads, built by the command that their heads give.
  'threadtest3': Program(
    package='sqlite3',
    output='threadtest3{exe}',
    tree='sqlite3',
    configure=SQLITE,
    make=SQLITE_MAKE,
    link=(*SQLITE_TEST, 'test/threadtest3.c', 'src/test_multiplex.c', '{link}'),
    run=Run('SQLite\'s test of a file that ten threads open, read and write for ten seconds', ('stress1',), steady=False),
  ),
  'threadtest5': Program(
    package='sqlite3',
    output='threadtest5{exe}',
    tree='sqlite3',
    configure=SQLITE,
    make=SQLITE_MAKE,
    link=(*SQLITE_TEST, 'test/threadtest5.c', '{link}'),
    run=Run('SQLite\'s test of a database in memory that four threads write', steady=False),
  ),
  'zstd': Program(
    package='libzstd',
    output='programs/obj/zstd{exe}',
    make=('-C', 'programs', 'zstd', 'BUILD_DIR=obj', 'EXT={exe}', *ZSTD_ALONE, 'CFLAGS={compile}', 'LDFLAGS={link}'),
    run=Run('compresses 8 MiB', ('-T4', '-9', '-B1MiB', 'input'), ('input',), 'input.zst'),
  ),
  # The tests of zstd's thread pool, and zstd on a pool of std::thread.
  'poolTests': Program(
    package='libzstd',
    output='tests/poolTests{exe}',
    tree='zstd',
    make=('-C', 'tests', 'poolTests', 'EXT={exe}', *ZSTD_ALONE, 'CFLAGS={compile}', 'LDFLAGS={link}'),
    run=Run('the tests of zstd\'s thread pool', quick=True),
  ),
  'pzstd': Program(
    package='libzstd',
    output='contrib/pzstd/pzstd{exe}',
    tree='zstd',
    make=('-C', 'contrib/pzstd', 'pzstd{exe}', 'EXT={exe}', 'CFLAGS={compile}', 'CXXFLAGS={compile}',
          'LDFLAGS={link}'),
    run=Run('C++, a pool of `std::thread`; compresses 8 MiB', ('-p', '4', '-9', 'input'), ('input',), 'input.zst'),
  ),
  'lua': Program(
    package='lua5.4',
    output='src/lua{exe}',
    make=('-C', 'src', 'lua{exe}', 'LUA_T=lua{exe}', 'CC={cc}', 'AR={ar} rcu', 'RANLIB={ranlib}', 'CFLAGS={compile}',
          'LDFLAGS={link}'),
    run=Run('counts words, permutes in a coroutine; one thread', ('work.lua',), ('input', 'work.lua'), quick=True),
  ),
  'gmock_stress': Program(
    package='googletest',
    output='obj/googlemock/gmock_stress_test{exe}',
    cmake=GTEST,
    make=('-C', 'obj', 'gmock_stress_test'),
    run=Run('GoogleTest\'s test of mocks in 48 threads', steady=False),
  ),
  'gtest_stress': Program(
    package='googletest',
    output='obj/googletest/gtest_stress_test{exe}',
    tree='gmock_stress',
    cmake=GTEST,
    make=('-C', 'obj', 'gtest_stress_test'),
    run=Run('GoogleTest\'s test of itself in threads', steady=False),
  ),
  'gtest_port': Program(
    package='googletest',
    output='obj/googletest/googletest-port-test{exe}',
    tree='gmock_stress',
    cmake=GTEST,
    make=('-C', 'obj', 'googletest-port-test'),
    run=Run('GoogleTest\'s test of its mutex and thread-locals, among others', steady=False),
  ),
  # Google Benchmark's tests of benchmarks that run in threads.
  'benchmark': Program(
    package='benchmark',
    output='obj/test/internal_threading_test{exe}',
    cmake=BENCHMARK,
    make=('-C', 'obj', 'internal_threading_test'),
    run=Run('Google Benchmark\'s test of its timers in threads', ('--benchmark_min_time=0.01',), steady=False),
  ),
  'benchmark_setup': Program(
    package='benchmark',
    output='obj/test/benchmark_setup_teardown_test{exe}',
    tree='benchmark',
    cmake=BENCHMARK,
    make=('-C', 'obj', 'benchmark_setup_teardown_test'),
    run=Run('Google Benchmark\'s test of set-up in threads', steady=False),
  ),
  # OpenMP.
  'fasttree': Program(
    package='fasttree',
    output='fasttree{exe}',
    make=(),
    link=('-O3', '-DOPENMP', '-fopenmp', '-DUSE_DOUBLE', 'fasttree.c', '-lm', '{link}'),
    run=Run('OpenMP; a tree of 120 sequences', ('-nt', '-nosupport', '-quiet', 'alignment.fa'), ('alignment.fa',)),
  ),
  # An event loop that other threads wake. Without -o make writes test/regress.gen.[ch] anew, a little different; in
  # parallel it compiles before it has made event-config.h.
  'libevent': Program(
    package='libevent',
    output='test/regress{exe}',
    configure=(HOST, '--disable-openssl', '--disable-shared', '--disable-samples', 'CFLAGS=-O1 -pthread'),
    make=('-j1', '-o', 'test/rpcgen-attempted', 'include/event2/event-config.h', 'test/regress{exe}', 'EXEEXT={exe}',
          'CFLAGS={compile}', 'LDFLAGS={link}'),
    run=Run('libevent\'s tests of an event loop in threads', ('--no-fork', 'thread/basic', 'thread/conditions_simple',
                                                             'thread/no_events')),
  ),
  # An event loop that a pool of threads wakes. Emscripten is no platform of libuv's; it is built as Cygwin.
  'libuv': Program(
    package='libuv1',
    output='queue-work{exe}',
    cmake=(*CMAKE_FLAGS, '-DLIBUV_BUILD_TESTS=OFF', '{cross}-DCMAKE_C_FLAGS={compile} -D__CYGWIN__'),
    make=('-C', 'obj', 'uv_a'),
    link=('-O2', '-pthread', '-D_GNU_SOURCE', '-Iinclude', '-Isrc', 'docs/code/queue-work/main.c', '{cross}-D__CYGWIN__',
          *(f'{{cross}}src/unix/{name}.c' for name in UV_CYGWIN), 'obj/libuv_a.a', '-ldl', '{link}'),
    run=Run('libuv\'s example of a queue of work: an event loop and four threads, which mostly sleep', steady=False),
  ),
}


def alone():
  """One at a time makes what BUILD holds: tests side by side, the page's server, a command of somebody's."""
  return held(BUILD / 'lock', lambda: say(f'waiting for another build in {BUILD}'))


@alone()
def build(name, flavour='deputy'):
  """Build program `name` unless it is current, and return the path of its script, or of the host's program."""
  program = CATALOGUE[name]
  kind = FLAVOURS[flavour]
  home = PROGRAMS if flavour == 'deputy' else PROGRAMS / flavour
  words = kind.words()
  final = home / f'{name}{words["exe"]}'
  folder = folder_of(name, flavour)
  if is_current(final):
    return final

  def filled(args):
    return [str(arg).format(**words) for arg in args if kind.tools or not str(arg).startswith('{cross}')]

  def run_step(verb, wrapper, argv):
    run_logged(folder.name, verb, [kind.tools / wrapper, *argv] if kind.tools else argv, folder)

  configured, how = folder / 'configured', repr((program.configure, program.cmake))
  if configured.is_file() and configured.read_text() != how:
    shutil.rmtree(folder)
  if not folder.is_dir():
    unpack(fetch(program.package), folder)
  if not configured.is_file():
    if program.configure:
      run_step('configure', 'emconfigure', ['./configure', *filled(program.configure)])
    elif program.cmake:
      run_step('configure', 'emcmake', ['cmake', '-S', '.', '-B', 'obj', *filled(program.cmake)])
    configured.write_text(how)
  output = folder / program.output.format(**words)
  output.unlink(missing_ok=True)  # the compiler may be newer, which make does not know
  if program.make:
    run_step('make', 'emmake', ['make', f'-j{os.cpu_count()}', *filled(program.make)])
  if program.link:
    flags = [flag for arg in program.link for flag in (words['link'].split() if arg == '{link}' else filled([arg]))]
    run_logged(folder.name, 'link', [words['cc'], *flags, '-o', output], folder)
  home.mkdir(parents=True, exist_ok=True)
  if words['exe']:
    shutil.copy(output.with_suffix('.wasm'), final.with_suffix('.wasm'))
  shutil.copy(output, final)  # last: is_current() looks at it
  return final


def folder_of(name, flavour):
  """Where program `name` is built."""
  name = CATALOGUE[name].tree or name
  return BUILD / (name if flavour == 'deputy' else f'{name}-{flavour}')


def is_current(script):
  """Whether `script` is newer than this recipe and everything the compiler is made of."""
  if not script.is_file():
    return False
  files = [Path(__file__)]
  for path in TOOLCHAIN:
    files += [path] if path.is_file() else [
      file for file in path.rglob('*') if file.is_file() and file.suffix != '.pyc']
  return max(file.stat().st_mtime for file in files) < script.stat().st_mtime


def lines_changed(name, flavour='deputy'):
  """How many lines of the source of program `name`, as it was built, are not the archive's."""
  folder = folder_of(name, flavour)
  count = 0
  with tarfile.open(fetch(CATALOGUE[name].package)) as archive:
    for member in archive:
      if member.isfile():
        text = archive.extractfile(member).read()
        path = folder / Path(*Path(member.name).parts[1:])
        built = path.read_bytes() if path.is_file() else b''
        if built != text:
          lines = difflib.ndiff(text.decode(errors='replace').splitlines(), built.decode(errors='replace').splitlines())
          count += sum(line.startswith(('+ ', '- ')) for line in lines)
  return count


def fetch(package):
  """The upstream archive of the Debian source package, fetched once into SOURCES."""
  def found():
    return next(iter(sorted(SOURCES.glob(f'{package}_*.orig.tar.[bgx]z*'))), None)

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
