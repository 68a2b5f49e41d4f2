# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Sums up runs: medians and percentiles of all samples of a case, and ratios between cases, taken round by round
# and then summed up, so that what slowed a whole round cancels out; whether they meet the goals. rounds.py made the
# runs; report.py shows them.

import statistics
from dataclasses import dataclass, field, replace

DASH = '\N{EN DASH}'
TIMES = '\N{MULTIPLICATION SIGN}'
BASES = ('native', 'floor', 'peer', 'stock')  # what the other variants are compared with


@dataclass(frozen=True)
class Spread:
  median: float
  p10: float
  p90: float
  low: float
  high: float
  count: int


def percentile(ordered, share):
  """Linear between the two nearest of `ordered`."""
  position = share * (len(ordered) - 1)
  below = int(position)
  above = min(below + 1, len(ordered) - 1)
  return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def spread(values):
  if not values:
    return None
  ordered = sorted(values)
  return Spread(statistics.median(ordered), percentile(ordered, 0.1), percentile(ordered, 0.9), ordered[0],
                ordered[-1], len(ordered))


@dataclass
class Row:
  """A case's figures; `figures` is None where every run failed."""

  case: object
  figures: Spread | None
  ratios: dict = field(default_factory=dict)   # base variant -> Spread of the rounds' ratios
  failures: list = field(default_factory=list)


def base_case(case, base, known):
  """The case that `case` is compared with as `base`: in the same place, but native outside of engines."""
  if case.variant == base or BASES.index(base) > BASES.index(case.variant if case.variant in BASES else 'stock'):
    return None
  engine = 'native' if base == 'native' else case.engine
  for other in known:
    if other == replace(case, variant=base, engine=engine):
      return other
  return None


def rows(runs):
  """A Row for each case, in the order of the runs, but place by place."""
  by_case = {}
  for run in runs:
    by_case.setdefault(run.case, []).append(run)
  medians = {case: {run.round: statistics.median(run.samples) for run in of_case if not run.failure}
             for case, of_case in by_case.items()}
  found = []
  for case, of_case in by_case.items():
    good = [run for run in of_case if not run.failure]
    row = Row(case, spread([value for run in good for value in run.samples]),
              failures=[run.failure for run in of_case if run.failure])
    for base in BASES:
      other = base_case(case, base, by_case)
      ratios = [value / medians[other][number] for number, value in medians[case].items()
                if other and medians[other].get(number)]
      if ratios:
        row.ratios[base] = spread(ratios)
    found.append(row)
  places = list(dict.fromkeys((case.benchmark, case.place) for case in by_case))
  return sorted(found, key=lambda row: places.index((row.case.benchmark, row.case.place)))


@dataclass(frozen=True)
class Verdict:
  """Whether a goal is met in one engine; `value` is None where there are no figures."""

  benchmark: str
  goal: object
  engine: str
  value: float | None   # the ratio to the goal's base; without one the median itself, in the benchmark's unit

  @property
  def word(self):
    if self.value is None:
      return 'no figures'
    return 'met' if self.value <= self.goal.most else 'missed'


def verdicts(benchmarks, found):
  """A Verdict for each goal and each engine of it that ran."""
  deputies = {(row.case.benchmark, row.case.engine, row.case.part): row for row in found
              if row.case.variant == 'deputy' and not row.case.cores}
  judged = []
  for benchmark in benchmarks:
    for goal in benchmark.goals:
      for engine in goal.engines:
        # A part has a row only where there are figures of it.
        if row := deputies.get((benchmark.name, engine, goal.part)) or deputies.get((benchmark.name, engine, '')):
          of_part = row if row.case.part == goal.part else None
          spread = of_part and (of_part.ratios.get(goal.base) if goal.base else of_part.figures)
          judged.append(Verdict(benchmark.name, goal, engine, spread and spread.median))
  return judged


def goal_name(benchmark, goal):
  """What has the goal, without its base."""
  return benchmark.name + (goal.part and f', {goal.part}')


def goal_unit(benchmark, goal):
  """What follows a figure that is held against the goal."""
  return TIMES if goal.base else f' {benchmark.unit}'


def tally(judged):
  return f'{sum(verdict.word == "met" for verdict in judged)} of {len(judged)} goals met'


def number(value):
  """Three digits that count, and thousands kept apart."""
  if value is None:
    return DASH
  if abs(value) >= 100:
    return f'{value:,.0f}'
  if value == int(value):
    return str(int(value))
  for limit, digits in ((10, 1), (0.1, 2)):
    if abs(value) >= limit:
      return f'{value:.{digits}f}'
  return f'{value:.2g}'
