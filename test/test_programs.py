# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Real programs, unmodified and built by their own build systems (demo/programs.py), in every browser. Two compress a
# real file with four threads, and the host's own program judges the result. All others, or those that --programs names,
# have to make what the host's build of the same source makes.

import importlib.util
import subprocess
import sys
import threading

import pytest
from harness.build import REPO
from harness.features import least

sys.path.insert(0, str(REPO / 'demo'))
import programs
import runs
import sample

SIZE = 8 << 20
UI_GAP_MS = 500  # the UI thread serves every read and write of the program, and shares two cores with its threads

COMPRESSORS = {
  'xz': {'args': ['-T4', '-6', '-k', '--block-size=1MiB'], 'suffix': '.xz'},
  'zstd': {'args': ['-T4', '-9', '-B1MiB'], 'suffix': '.zst'},
}

COMPRESS = '''
  const script = document.createElement('script');
  script.src = `${name}.js`;
  await new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  const input = new Uint8Array(await (await fetch('input')).arrayBuffer());
  const log = [];
  const program = {
    thisProgram: name,
    arguments: [...args, '/input'],
    preRun: [(module) => module.FS.writeFile('/input', input)],
    print: (line) => log.push(line),
    printErr: (line) => log.push(line),
  };
  const module = await createProgram(program);
  const status = await module.deputy.exited;
  if (status === 0) await upload('output', module.FS.readFile('/input' + suffix));
  return {status, log};
'''


@pytest.fixture(scope='module')
def sample_file():
  return sample.build()


def built(name):
  """The program's files."""
  script = programs.build(name)
  return {file.name: file.read_bytes() for file in (script, script.with_suffix('.wasm'))}


@pytest.mark.browser_only(reason='the page gives the program its files; under Node.js it would have the host\'s')
@pytest.mark.quiet
@pytest.mark.parametrize('name', COMPRESSORS)
def test_compressor(run, engine, sample_file, tmp_path, name):
  data = sample_file.read_bytes()[:SIZE]
  compressor = COMPRESSORS[name]
  known = f'const name = {name!r}, args = {compressor["args"]}, suffix = {compressor["suffix"]!r};\n'

  def gap():
    result = run(None, engine, files={**built(name), 'input': data}, page_js=known + COMPRESS, timeout=120)
    assert result.report['status'] == 0, result.report['log']
    compressed = tmp_path / f'output{compressor["suffix"]}'
    compressed.write_bytes(result.uploads['output'])
    assert compressed.stat().st_size < SIZE * 3 // 4
    subprocess.run([name, '-t', compressed], check=True, capture_output=True)
    assert subprocess.run([name, '-dc', compressed], check=True, capture_output=True).stdout == data
    return result.ui_gaps['max']
  assert least(UI_GAP_MS, gap) < UI_GAP_MS


# Programs that time themselves: zstd's poolTests wants four threads to have begun within 50 ms.
TIMED = {'poolTests'}


def pytest_generate_tests(metafunc):
  if 'program' in metafunc.fixturenames:
    metafunc.parametrize('program', [pytest.param(name, marks=[pytest.mark.quiet] if name in TIMED else [])
                                     for name in chosen(metafunc.config.getoption('programs'))])


def chosen(names):
  """The programs that --programs asks for."""
  runnable = {name: program.run for name, program in programs.CATALOGUE.items() if program.run}
  if not names:
    return [name for name, what in runnable.items() if what.quick]
  if names == 'all':
    return list(runnable)
  if unknown := set(names.split(',')) - set(runnable):
    raise pytest.UsageError(f'--programs: no program {", ".join(sorted(unknown))}; there are {", ".join(runnable)}')
  return names.split(',')


@pytest.mark.browser_only(reason='the page gives the program its files; under Node.js it would have the host\'s')
def test_as_native(run, engine, program):
  wanted = runs.native(program)
  assert wanted.status == 0, wanted.log
  outcome = runs.in_browser(run, engine, program)
  assert (outcome.status, outcome.made) == (wanted.status, wanted.made), outcome.log


# ---- The tools' own logic ----------------------------------------------------


@pytest.mark.parametrize(('tool', 'argument', 'says'), [
  ('serve.py', '--port=70000', 'argument --port: 70000 is no port'), ('table.py', '--rounds=0', 'argument --rounds: 0 is too few')])
def test_number_out_of_range(tool, argument, says):
  done = subprocess.run([sys.executable, REPO / 'demo' / tool, argument], capture_output=True, text=True, timeout=60, check=False)
  assert done.returncode == 2
  assert f'{tool}: error: {says}' in done.stderr


def test_second_run_of_the_demo_waits(tmp_path, monkeypatch):
  # (test/conformance has a module of that name.)
  spec = importlib.util.spec_from_file_location('demo_run', REPO / 'demo' / 'run.py')
  demo = importlib.util.module_from_spec(spec)
  spec.loader.exec_module(demo)
  events, said = [], threading.Event()

  def say(text):
    events.append(text)
    said.set()
  monkeypatch.setattr(sys, 'argv', ['run.py'])
  demo.BUILD, demo.say, demo.run = tmp_path, say, lambda _options: events.append('runs')
  second = threading.Thread(target=demo.main)
  with programs.held(tmp_path / 'run.lock', pytest.fail):
    second.start()
    assert said.wait(10)
    assert events == [f'waiting for another run of the demo in {tmp_path}']
  second.join(10)
  assert events[1:] == ['runs']
