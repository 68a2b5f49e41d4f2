# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Runs the benchmarks in rounds: a round runs every benchmark in every place once, its variants one right after the
# other, so that a change of the machine's mood meets them alike. programs.py built them; figures.py sums up.

import json
import os
import subprocess
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace

from harness.result import RunFailed
from harness.server import Answer

from runner.machine import busy
from runner.programs import BuildFailed, build, metric, page, page_script

MAX_FAILURES = 2  # then a case is not tried again: each hang costs its whole limit


@dataclass(frozen=True)
class Case:
  """One bar of the report: a benchmark, a variant, and the place it runs in."""

  benchmark: str
  variant: str
  engine: str                # 'native' or one of the engines
  cores: int | None = None   # all threads on so many cores; None leaves it to the system
  part: str = ''             # of what is measured; none is all of it

  @property
  def place(self):
    cores = f'{self.cores} core{"s" * (self.cores > 1)}' if self.cores else ''
    return ', '.join(filter(None, (self.engine, cores, self.part)))


@dataclass
class Run:
  """One run of a case: its samples, or why there are none."""

  case: Case
  round: int
  seconds: float = 0
  samples: list = field(default_factory=list)
  failure: str = ''
  detail: str = ''

  def as_json(self):
    return {**asdict(self.case), **{key: value for key, value in vars(self).items() if key != 'case'}}


@dataclass(frozen=True)
class Effort:
  """How much a run measures."""

  rounds: int
  batches: int
  batch_ms: float
  quick: bool = False

  def args(self, benchmark):
    own = benchmark.quick_args if self.quick else benchmark.args
    return [self.batches, self.batch_ms * benchmark.stretch, *own]


def pins():
  """The numbers of cores to pin to; on a machine with two, both of them is what runs anyway."""
  available = len(os.sched_getaffinity(0))
  return [None, *(cores for cores in (1, 2) if cores < available)]


def cases(benchmark, engines):
  """The cases of a benchmark in the order of a round."""
  found = []
  engines = [engine for engine in engines if engine in benchmark.engines]
  if 'native' in benchmark.variants:
    found += [Case(benchmark.name, 'native', 'native', cores) for cores in (pins() if benchmark.pinned else [None])]
  for engine in engines:
    for cores in pins() if benchmark.pinned and engine == 'node' else [None]:
      found += [Case(benchmark.name, variant, engine, cores) for variant in benchmark.variants if variant != 'native']
  return found


@contextmanager
def on_cores(count):
  """What is started here runs on `count` cores only, as under taskset."""
  before = os.sched_getaffinity(0)
  if count:
    os.sched_setaffinity(0, sorted(before)[:count])
  try:
    yield
  finally:
    os.sched_setaffinity(0, before)


def parse(lines):
  """The samples in a program's output."""
  return [json.loads(line) for line in lines if line.startswith('{"bench"')]


def run_native(benchmark, program, effort):
  done = subprocess.run([program, *map(str, effort.args(benchmark))], capture_output=True, text=True,
                        timeout=benchmark.limit, check=False)
  if done.returncode:
    raise RuntimeError(f'exit code {done.returncode}: {done.stderr[-500:]}')
  return parse(done.stdout.splitlines())


def run_in_engine(runner, benchmark, program, engine, effort):
  if benchmark.page:
    text = page_script(benchmark, program, effort)
    program = None if isinstance(program, str) else program
    return runner.run(program, engine, page_js=text, timeout=benchmark.limit).reports
  if isinstance(program, str):
    return runner.run(None, engine, page_js=program, timeout=benchmark.limit).reports
  before = page(benchmark.before)
  # Workers take the script from the cache, as on a site; the harness's own server answers slowly.
  rules = {program.js: Answer(headers={'Cache-Control': 'public, max-age=600'})}
  result = runner.run(
    program, engine, args=effort.args(benchmark), module=before and f'(() => {{\n{before}\nreturn {{}};\n}})()',
    page_js=page(benchmark.beside), expect_exit=0, await_exit=True, timeout=benchmark.limit, rules=rules)
  samples = parse(result.stdout)
  if benchmark.gaps and result.ui_gaps:
    # (Not in Node.) In microseconds, as such benchmarks are.
    samples.append({'bench': f'{metric(benchmark)}/longest UI gap', 'value': 1000 * result.ui_gaps['max']})
  return samples


def sort_samples(run, samples, name):
  """Gives `run` its samples, those under `name`. Returns the runs that are the others': name/floor, name/PART."""
  others = {}
  for sample in samples:
    bench, _, rest = sample['bench'].partition('/')
    if bench == name and rest:
      case = replace(run.case, variant='floor') if rest == 'floor' else replace(run.case, part=rest)
      others.setdefault(rest, Run(case, run.round)).samples.append(sample['value'])
    elif bench == name:
      run.samples.append(sample['value'])
  return list(others.values())


class Rounds:
  """Builds and runs all cases; what happened is in `runs`, a hang or a crash included."""

  def __init__(self, benchmarks, engines, effort, runner, say):
    self.benchmarks = benchmarks
    self.engines = engines
    self.effort = effort
    self.runner = runner
    self.say = say
    self.programs = {}   # (benchmark, variant) -> program, or the BuildFailed
    self.failures = {}   # case -> number
    self.runs = []
    self.busy = []       # what others did of all cores, just before each round

  def build(self):
    for benchmark in self.benchmarks:
      for variant in benchmark.variants:
        try:
          self.programs[benchmark.name, variant] = build(benchmark, variant)
        except BuildFailed as error:
          self.say(f'  {benchmark.name}, {variant}: does not build: {error}')
          self.programs[benchmark.name, variant] = error

  def run(self):
    for number in range(1, self.effort.rounds + 1):
      self.busy.append(busy())
      started = time.monotonic()
      for benchmark in self.benchmarks:
        if benchmark.once and number > 1:
          continue
        # Every other round goes backwards: none of two variants is always the one that finds things warm.
        for case in cases(benchmark, self.engines)[::1 if number % 2 else -1]:
          self.runs += self.run_case(benchmark, case, number)
      self.say(f'  round {number} of {self.effort.rounds}: {time.monotonic() - started:.0f} s; '
               f'others had {self.busy[-1]:.0%} of all cores before it')

  def run_case(self, benchmark, case, number):
    """The case's run, and what else it told."""
    run = Run(case, number)
    program = self.programs[benchmark.name, case.variant]
    if isinstance(program, BuildFailed):
      run.failure, run.detail = 'not built', str(program)
    elif self.failures.get(case, 0) >= MAX_FAILURES:
      run.failure = 'not tried again'
    else:
      return [*self.measure(run, benchmark, program), run]
    return [run]

  def measure(self, run, benchmark, program):
    started = time.monotonic()
    others = []
    try:
      with on_cores(run.case.cores):
        if run.case.engine == 'native':
          samples = run_native(benchmark, program, self.effort)
        else:
          samples = run_in_engine(self.runner, benchmark, program, run.case.engine, self.effort)
      others = sort_samples(run, samples, metric(benchmark))
      if not run.samples:
        run.failure = f'reported no {metric(benchmark)}'
    except (RunFailed, subprocess.TimeoutExpired, RuntimeError, AssertionError) as error:
      run.failure, run.detail = describe(error, benchmark.limit)
    run.seconds = time.monotonic() - started
    if run.failure:
      self.failures[run.case] = self.failures.get(run.case, 0) + 1
      self.say(f'  {benchmark.name}, {run.case.variant}, {run.case.place}: {run.failure}')
    return others


def describe(error, limit):
  """A few words for the table, and all that is known."""
  if isinstance(error, subprocess.TimeoutExpired) or f'no end within {limit} s' in str(error):
    short = f'hung ({limit} s)'
  else:
    short = str(error).splitlines()[0][:90]
  return short, error.result.describe() if isinstance(error, RunFailed) else str(error)
