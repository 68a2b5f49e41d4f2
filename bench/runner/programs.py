# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Builds each benchmark in its variants: with the fork, with the stock base and with the host's compiler. The
# harness's build.py compiles and caches the first two; rounds.py runs what comes out. Where the page measures, also
# puts together its script.

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from harness import build as building

from runner import floor, packages

BENCH = Path(__file__).resolve().parents[1]
REPO = BENCH.parent
HEADER = BENCH / 'bench.h'
PAGES = BENCH / 'page'
NATIVE = REPO / 'build' / 'bench' / 'native'
NATIVE_SECONDS = 120

COMPILERS = {
  'deputy': REPO / 'build' / 'sdk' / 'emcc',
  'stock': REPO / 'build' / 'stock' / 'emcc',
}
# Both end with main(), so that a run has an end to wait for.
FLAGS = {
  'deputy': ['-O3', '-sDEPUTY_THREAD', '-sEXIT_RUNTIME', '-DBENCH_DEPUTY'],
  'stock': ['-O3', '-pthread', '-sPROXY_TO_PTHREAD', '-sEXIT_RUNTIME'],
  'native': ['-O3', '-pthread'],
}
# Of page/: what a script of a row's `page` calls.
CALLERS = {'floor': 'caller_floor.js', 'peer': 'caller_peer.js'}
PROGRAM_CALLER = 'caller_program.js'
# Of variant `peer`, in node_modules.
LIBRARY = {'comlink': 'comlink/dist/umd/comlink.js', 'nodeAdapter': 'comlink/dist/umd/node-adapter.js'}


class BuildFailed(Exception):
  """What the compiler said."""


def source(benchmark):
  path = BENCH / (benchmark.source or f'{benchmark.name}.c')
  if not path.is_file():
    raise BuildFailed(f'{path}, the source of {benchmark.name}, is missing')
  return path


def metric(benchmark):
  """The name that the program, or the page's script, reports under."""
  return benchmark.name if benchmark.page else Path(benchmark.source or benchmark.name).stem


def page(name):
  return (PAGES / name).read_text(encoding='utf-8') if name else None


def page_script(benchmark, program, effort):
  """The JavaScript that measures `program` from the page; of a floor and a peer that is their caller."""
  own = {'name': metric(benchmark), 'batches': effort.batches, 'batchMs': effort.batch_ms * benchmark.stretch}
  caller = program if isinstance(program, str) else page(PROGRAM_CALLER)
  parts = [page('measure.js'), caller, page(benchmark.page), 'bench.reportAll();']
  return f'const effort = {json.dumps(own)};\n' + ''.join(f'{{\n{part}\n}}\n' for part in parts)


def caller_of(variant):
  text = page(CALLERS[variant])
  if variant != 'peer':
    return text
  try:
    modules = packages.modules()
  except packages.FetchFailed as error:
    raise BuildFailed(str(error)) from error
  library = {name: (modules / path).read_text(encoding='utf-8') for name, path in LIBRARY.items()}
  return f'const library = {json.dumps(library)};\n{text}'


def flags_of(benchmark, variant):
  flags = [*benchmark.flags, *(benchmark.deputy_flags if variant == 'deputy' else ())]
  return [BENCH / flag if (BENCH / flag).is_file() else flag for flag in flags]


def build(benchmark, variant):
  """What runs `benchmark` as `variant`: a harness Program, a path of an executable, or JavaScript for what is none."""
  if benchmark.page and variant in CALLERS:
    return caller_of(variant)
  if variant == 'floor':
    wasm = build(benchmark, 'deputy').path.with_suffix('.wasm').read_bytes()
    try:
      return floor.text(page(benchmark.floor), wasm)
    except ValueError as error:
      raise BuildFailed(str(error)) from error
  file = source(benchmark)
  if variant == 'native':
    return build_native(file, flags_of(benchmark, variant))
  os.environ['DEPUTY_EMCC'] = str(COMPILERS[variant])
  building.revision.cache_clear()  # it is of one compiler
  # A flag that is a Path counts in the harness's cache of builds: hence the -include.
  flags = [*FLAGS[variant], *flags_of(benchmark, variant), '-include', HEADER]
  try:
    return building.build([file], flags, file.stem)
  except building.CompileError as error:
    raise BuildFailed(str(error)) from error


def build_native(file, flags):
  compiler = shutil.which('cc')
  if not compiler:
    raise BuildFailed('no `cc` on PATH: install gcc')
  command = [compiler, *FLAGS['native'], *map(str, flags), '-include', str(HEADER), str(file)]
  digest = hashlib.sha256(repr(command).encode() + b''.join(path.read_bytes() for path in [file, *BENCH.glob('*.h')]))
  executable = NATIVE / f'{file.stem}-{digest.hexdigest()[:16]}'
  if not executable.exists():
    NATIVE.mkdir(parents=True, exist_ok=True)
    made = executable.with_suffix('.new')
    done = subprocess.run([*command, '-o', str(made)], capture_output=True, text=True, timeout=NATIVE_SECONDS,
                          check=False)
    if done.returncode:
      raise BuildFailed(done.stderr)
    made.rename(executable)
  return executable


def compiler_versions():
  commands = {**{name: [str(path), '--version'] for name, path in COMPILERS.items()}, 'native': ['cc', '--version']}
  versions = {}
  for name, command in commands.items():
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    versions[name] = done.stdout.splitlines()[0] if done.stdout else done.stderr.strip()
  return versions
