# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# The benchmarks still build, run and give figures: some of them, quickly, in Node.js. And what the runner says of
# goals and of a program's imports.

import json
import subprocess
import sys

import pytest
from harness.build import REPO
from harness.stock import assemble, lend_libraries

sys.path.append(str(REPO / 'bench'))

from benchmarks import BENCHMARKS, Benchmark, Goal
from runner import figures, floor, packages, report, terminal
from runner.rounds import Case, Run

QUICK = 'create_join,cold64,cold_stages,growth,parked_memory,page_call_busy,page_call_malloc'
STAGES = ('ask', 'worker', 'script', 'init', 'thread')


def quick_run(names, out):
  assemble()
  lend_libraries()
  done = subprocess.run([sys.executable, REPO / 'bench' / 'run.py', '--quick', '--only', names,
                         '--engine', 'node', '--out', out], capture_output=True, text=True, timeout=600, check=False)
  assert done.returncode == 0, done.stdout + done.stderr
  return done.stdout, json.loads((out / 'results.json').read_text(encoding='utf-8'))


def medians_of(results):
  return {(row['benchmark'], row['variant'], row['part']): row['figures']['median'] for row in results['summary']
          if not row['cores']}


@pytest.mark.xdist_group('mode_off')  # whose libraries of the base it needs
def test_quick_run(build, tmp_path):
  # What it needs of them.
  build('deputy/hello.c', '-pthread', '-O2')
  output, results = quick_run(QUICK, tmp_path)
  assert 'create_join ÷ stock' in output
  medians = medians_of(results)
  assert medians['cold64', 'floor', ''] > 0
  stages = [medians['cold_stages', 'deputy', stage] for stage in STAGES]
  assert sum(stages) == pytest.approx(medians['cold_stages', 'deputy', ''], rel=1e-3)
  # Not of speed: the number of workers is bounded on any machine.
  assert medians['growth', 'deputy', ''] <= medians['growth', 'floor', '']
  assert {goal['word'] for goal in results['goals']} <= {'met', 'missed'}
  page = (tmp_path / 'report.html').read_text(encoding='utf-8')
  assert '<svg' in page
  assert page.index('<h2>Goals') < page.index('<h2>Overview')


@pytest.mark.xdist_group('mode_off')
def test_calls_from_the_page(tmp_path):
  try:
    packages.modules()
  except packages.FetchFailed as error:
    pytest.skip(f'without Comlink: {error}')
  _, results = quick_run('page_call,page_calls_outstanding,page_call_text,page_call_ui', tmp_path)
  medians = medians_of(results)
  for variant in ('floor', 'peer', 'deputy', 'stock'):
    for benchmark in ('page_call', 'page_calls_outstanding'):
      assert medians[benchmark, variant, ''] > 0
    for part in ('', 'bytes'):
      in_expression = ', '.join(filter(None, (part, 'UI')))
      assert 0 < medians['page_call_text', variant, in_expression] <= medians['page_call_text', variant, part]
    assert 0 < medians['page_call_ui', variant, 'issue'] < medians['page_call_ui', variant, '']


def test_no_rounds_are_refused():
  done = subprocess.run([sys.executable, REPO / 'bench' / 'run.py', '--rounds', '-1'], capture_output=True, text=True, check=False)
  assert done.returncode == 2
  assert 'run.py: error: argument --rounds: -1 is too few' in done.stderr


def of_rounds(variant, engine, *medians):
  return [Run(Case('b', variant, engine), number, samples=[median]) for number, median in enumerate(medians)]


def test_goals():
  goals = (Goal('native', 0.5, 'fast', ('node', 'chromium')), Goal('stock', 1, 'not <slower>', ('node', 'webkit')))
  benchmarks = [Benchmark('b', 'ms', 'Something.', goals=goals)]
  # The ratios of the rounds to native are 0.5, 4 and 0.5: one odd round does not count.
  rows = figures.rows([
    *of_rounds('native', 'native', 10, 20, 30), *of_rounds('deputy', 'node', 5, 80, 15),
    *of_rounds('stock', 'node', 4, 90, 10), *of_rounds('deputy', 'chromium', 6, 11, 16),
    Run(Case('b', 'stock', 'webkit'), 0, failure='hung (20 s)'), *of_rounds('deputy', 'webkit', 1, 1, 1)])
  judged = {(verdict.goal.base, verdict.engine): verdict for verdict in figures.verdicts(benchmarks, rows)}
  assert {key: verdict.word for key, verdict in judged.items()} == {
    ('native', 'node'): 'met', ('native', 'chromium'): 'missed', ('stock', 'node'): 'missed',
    ('stock', 'webkit'): 'no figures'}
  assert judged['native', 'node'].value == pytest.approx(0.5)
  text = terminal.goals(benchmarks, rows)
  assert '1 of 4 goals met' in text
  assert f'0.50{figures.TIMES} met' in text
  assert '\033' not in text
  assert f'{terminal.RED}' in terminal.goals(benchmarks, rows, colours=True)
  page = report.goals(benchmarks, rows)
  assert 'class="missed"' in page
  assert 'missed</span>' in page
  assert 'not &lt;slower&gt;' in page


def test_goal_of_a_figure():
  goals = (Goal('', 5, 'fast'), Goal('', 1, 'free for the page', part='UI'), Goal('peer', 0.5, 'half of it'))
  benchmarks = [Benchmark('b', 'ms', 'Something.', goals=goals)]
  part = [Run(Case('b', 'deputy', 'node', part='UI'), 0, samples=[2])]
  rows = figures.rows([*of_rounds('deputy', 'node', 4), *part, *of_rounds('peer', 'node', 10),
                       *of_rounds('deputy', 'webkit', 6)])
  judged = {(verdict.goal, verdict.engine): (verdict.word, verdict.value) for verdict in figures.verdicts(benchmarks, rows)}
  assert judged == {
    (goals[0], 'node'): ('met', 4), (goals[1], 'node'): ('missed', 2), (goals[2], 'node'): ('met', 0.4),
    (goals[0], 'webkit'): ('missed', 6), (goals[1], 'webkit'): ('no figures', None),
    (goals[2], 'webkit'): ('no figures', None)}
  text = terminal.goals(benchmarks, rows)
  assert '4 ms met' in text
  assert 'b, UI ' in text
  assert 'b ÷ peer' in text
  page = report.goals(benchmarks, rows)
  assert '<b>2 ms</b>' in page
  assert 'b, UI</a><br>' in page


def test_no_goals():
  benchmarks = [Benchmark('b', 'ms', 'Something.')]
  rows = figures.rows(of_rounds('deputy', 'node', 1))
  assert not terminal.goals(benchmarks, rows)
  assert not report.goals(benchmarks, rows)


def test_goals_name_what_is_measured():
  for benchmark in BENCHMARKS:
    for goal in benchmark.goals:
      # A program may report its floor itself.
      assert goal.base in {*benchmark.variants, 'floor', ''}, benchmark.name
      assert set(goal.engines) & set(benchmark.engines), benchmark.name


def test_imports_of_a_module():
  entries = [
    b'\1a\1f\0\0',            # (func (type 0))
    b'\1a\1t\1\x70\1\2\3',    # (table 2 3 funcref)
    b'\1b\1m\2\3\x80\2\x80\4',  # (memory 256 512 shared)
    b'\1b\1g\3\x7e\1',        # (global (mut i64))
  ]
  section = bytes([len(entries)]) + b''.join(entries)
  wasm = floor.MAGIC + b'\0\2\1x' + bytes([2, len(section)]) + section
  assert floor.imports(wasm) == [
    {'module': 'a', 'name': 'f', 'kind': 'Function', 'type': None},
    {'module': 'a', 'name': 't', 'kind': 'Table', 'type': {'element': 'anyfunc', 'initial': 2, 'maximum': 3}},
    {'module': 'b', 'name': 'm', 'kind': 'Memory', 'type': {'initial': 256, 'maximum': 512, 'shared': True}},
    {'module': 'b', 'name': 'g', 'kind': 'Global', 'type': {'value': 'i64', 'mutable': True}},
  ]
  assert floor.imports(floor.MAGIC) == []
  with pytest.raises(ValueError, match=r'no stub for e\.tag'):
    floor.imports(floor.MAGIC + b'\2\x0a\1\1e\3tag\4\0\0')
