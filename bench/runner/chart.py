# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Draws one benchmark as SVG: for each place and variant a dot at the median on a line from p10 to p90, on a
# logarithmic axis where the values span more than a decade. report.py puts it in the page and colours it.

import math
from html import escape

from runner.figures import number

WIDTH = 1020
LEFT = 150       # the places' names
RIGHT = 190      # the medians
LINE = 19        # height of a variant's line
GAP = 13         # between places
TOP = 8
AXIS = 34
LOG_FROM = 8     # the span from which the axis is logarithmic


class Scale:
  """From values to x."""

  def __init__(self, low, high):
    self.log = low > 0 and high / low >= LOG_FROM
    if self.log:
      self.low, self.high = math.log10(low * 0.85), math.log10(high * 1.15)
    else:
      self.low, self.high = 0, high * 1.08

  def __call__(self, value):
    value = math.log10(max(value, 1e-9)) if self.log else value
    share = (value - self.low) / (self.high - self.low)
    return round(LEFT + (WIDTH - LEFT - RIGHT) * min(max(share, 0), 1), 1)

  def ticks(self):
    if self.log:
      steps = (1, 2, 5) if self.high - self.low < 2.2 else (1,)
      decades = range(math.floor(self.low), math.ceil(self.high) + 1)
      return [step * 10.0**decade for decade in decades for step in steps
              if self.low <= math.log10(step * 10.0**decade) <= self.high]
    step = 10 ** math.floor(math.log10(self.high))
    step = next(step * part for part in (0.1, 0.2, 0.25, 0.5, 1, 2) if self.high / (step * part) <= 8)
    return [step * count for count in range(int(self.high / step) + 1)]


def plain(value):
  return f'{value:,.10g}' if value >= 1 else f'{value:.10f}'.rstrip('0').rstrip('.') or '0'


def mark(row, y, scale, unit):
  """A variant's line: spread, dot and number."""
  figures = row.figures
  end = WIDTH - RIGHT + 14
  variant = f'<tspan class="muted">{row.case.variant}</tspan>'
  if not figures:
    text = escape(row.failures[0]) if row.failures else 'no figures'
    return f'<text class="failure" x="{LEFT + 6}" y="{y + 4}">{row.case.variant}: {text}</text>'
  left, right, middle = scale(figures.p10), scale(figures.p90), scale(figures.median)
  tip = (f'{row.case.place}, {row.case.variant}: median {number(figures.median)} {unit}, '
         f'p10 {number(figures.p10)}, p90 {number(figures.p90)}, {figures.count} samples')
  return (
    f'<g class="{row.case.variant}"><title>{escape(tip)}</title>'
    f'<line class="spread" x1="{left}" x2="{max(right, left + 0.1)}" y1="{y}" y2="{y}"/>'
    f'<circle cx="{middle}" cy="{y}" r="5.5"/>'
    f'<text class="value" x="{end + 62}" y="{y + 4}">{number(figures.median)}</text>'
    f'<text x="{end + 72}" y="{y + 4}">{escape(unit)} {variant}</text></g>')


def axis(scale, bottom, unit):
  parts = []
  for tick in scale.ticks():
    x = scale(tick)
    parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{TOP}" y2="{bottom}"/>'
                 f'<text class="tick" x="{x}" y="{bottom + 15}">{plain(tick)}</text>')
  kind = ', logarithmic' if scale.log else ''
  parts.append(f'<text class="tick" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{bottom + 30}">{escape(unit)}{kind}</text>')
  return ''.join(parts)


def draw(benchmark, rows):
  values = [value for row in rows if row.figures for value in (row.figures.p10, row.figures.p90, row.figures.median)]
  if not values:
    return ''
  positive = [value for value in values if value > 0] or [1]
  # A median of 0 is a clock's doing, or memory given back: no logarithm of that.
  scale = Scale(min(values), max(positive))
  y = TOP
  marks = []
  for place in dict.fromkeys(row.case.place for row in rows):
    here = [row for row in rows if row.case.place == place]
    height = LINE * len(here)
    marks.append(f'<rect class="band" x="{LEFT}" y="{y}" width="{WIDTH - LEFT - RIGHT}" height="{height + 4}" rx="3"/>'
                 f'<text class="place" x="{LEFT - 12}" y="{y + height / 2 + 6}">{escape(place)}</text>')
    marks += [mark(row, y + 2 + LINE * (index + 0.5), scale, benchmark.unit) for index, row in enumerate(here)]
    y += height + GAP
  bottom = y - GAP + 8
  bands = ''.join(text for text in marks if 'class="band"' in text)
  dots = ''.join(text for text in marks if 'class="band"' not in text)
  return (f'<svg viewBox="0 0 {WIDTH} {bottom + AXIS}" role="img" aria-label="{escape(benchmark.name)}">'
          f'{bands}{axis(scale, bottom, benchmark.unit)}{dots}</svg>')
