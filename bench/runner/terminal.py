# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# The result as text: a line for each place of a benchmark with the variants side by side, a line for each goal with
# the engines. figures.py has the numbers; report.py shows more of them.

from runner.figures import TIMES, goal_name, goal_unit, number, tally, verdicts

VARIANTS = ('native', 'floor', 'peer', 'stock', 'deputy')
WIDTHS = (28, 17, *(12 for _ in VARIANTS), 11, 11)
GOAL_WIDTHS = (32, 9, 17)  # what, at most, each engine
GREEN, RED, PLAIN = '\033[32m', '\033[31m', '\033[0m'


def line(cells):
  return ''.join(text.ljust(width) if column < 2 else text.rjust(width)
                 for column, (text, width) in enumerate(zip(cells, WIDTHS, strict=True))).rstrip()


def median(row):
  if row is None:
    return ''
  return number(row.figures.median) if row.figures else row.failures[0].split(' (')[0][:11]


def ratio(row, base):
  return f'{number(row.ratios[base].median)}{TIMES}' if row and base in row.ratios else ''


def table(benchmarks, rows):
  """Medians, with deputy's ratios to native and to stock."""
  lines = [line(['', '', *VARIANTS, '÷ native', '÷ stock'])]
  for benchmark in benchmarks:
    ours = [row for row in rows if row.case.benchmark == benchmark.name]
    title = f'{benchmark.name}, {benchmark.unit}'
    for place in dict.fromkeys(row.case.place for row in ours):
      here = {row.case.variant: row for row in ours if row.case.place == place}
      shown = here.get('deputy') or here.get('stock')
      lines.append(line([title, place, *(median(here.get(variant)) for variant in VARIANTS),
                         ratio(shown, 'native'), ratio(shown, 'stock')]))
      title = ''
  return '\n'.join(lines)


def verdict_text(verdict, unit, colours):
  if verdict is None:
    return ' ' * GOAL_WIDTHS[2]
  figure = '' if verdict.value is None else f'{number(verdict.value)}{unit} '
  text = (figure + verdict.word).rjust(GOAL_WIDTHS[2])
  if not colours:
    return text
  return (GREEN if verdict.word == 'met' else RED) + text + PLAIN


def goals(benchmarks, rows, colours=False):
  """Whether the goals are met, engine by engine; empty where there are none."""
  judged = verdicts(benchmarks, rows)
  if not judged:
    return ''
  name, most, width = GOAL_WIDTHS
  engines = list(dict.fromkeys(verdict.engine for verdict in judged))
  lines = [f'{tally(judged):{name}}{"at most":>{most}}' + ''.join(f'{engine:>{width}}' for engine in engines)]
  for benchmark in benchmarks:
    for goal in benchmark.goals:
      mine = {verdict.engine: verdict for verdict in judged if (verdict.benchmark, verdict.goal) == (benchmark.name, goal)}
      if mine:
        unit = goal_unit(benchmark, goal)
        what = goal_name(benchmark, goal) + (goal.base and f' ÷ {goal.base}')
        lines.append(f'{what:{name}}{f"{goal.most:g}{unit}":>{most}}'
                     + ''.join(verdict_text(mine.get(engine), unit, colours) for engine in engines).rstrip())
  return '\n'.join(lines)
