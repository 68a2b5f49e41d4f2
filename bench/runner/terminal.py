# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# The result as text: a line for each place of a benchmark with the variants side by side. figures.py has the
# numbers; report.py shows more of them.

from runner.figures import TIMES, number

VARIANTS = ('native', 'floor', 'stock', 'deputy')
WIDTHS = (26, 17, *(12 for _ in VARIANTS), 11, 11)


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
