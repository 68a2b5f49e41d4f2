# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# The report: one HTML file that needs nothing else, with the goals, an overview, and for each benchmark a chart
# (chart.py) and a table. figures.py has the numbers, report.css the looks.

from html import escape
from pathlib import Path

from runner import chart
from runner.figures import BASES, DASH, TIMES, goal_name, goal_unit, number, tally, verdicts
from runner.machine import QUIET

STYLE = Path(__file__).with_name('report.css')
VARIANTS = {
  'native': 'the host\'s compiler, no engine',
  'floor': 'the least there can be: bare JavaScript workers, or a number',
  'peer': 'Comlink 4.4.2 and a bare worker',
  'stock': 'Emscripten 6.0.5 as it is, -sPROXY_TO_PTHREAD',
  'deputy': 'this fork, -sDEPUTY_THREAD',
}


def tag(name, content, **attributes):
  text = ''.join(f' {key.rstrip("_")}="{escape(str(value))}"' for key, value in attributes.items())
  return f'<{name}{text}>{content}</{name}>'


def cells(texts, kind='td'):
  return tag('tr', ''.join(tag(kind, text) for text in texts))


def ratio(row, base):
  """The median of the rounds' ratios and their spread."""
  if base not in row.ratios:
    return ''
  figures = row.ratios[base]
  spread = tag('small', f'{number(figures.p10)}{DASH}{number(figures.p90)}') if figures.count > 1 else ''
  return f'{number(figures.median)}{TIMES} {spread}'


def swatch(variant):
  return f'<i class="swatch {variant}"></i>{variant}'


def failures(row):
  if not row.failures:
    return ''
  return tag('span', escape(', '.join(f'{row.failures.count(text)} {text}' for text in dict.fromkeys(row.failures))),
             class_='failed')


def figures_table(benchmark, rows):
  bases = [base for base in BASES if any(base in row.ratios for row in rows)]
  failed = any(row.failures for row in rows)
  head = ['place', 'variant', f'median, {escape(benchmark.unit)}', 'p10', 'p90', 'max', 'samples',
          *(f'ratio to {base}' for base in bases), *(['failed runs'] * failed)]
  lines = [cells(head, 'th')]
  last = None
  for row in rows:
    figures = row.figures
    values = (figures.median, figures.p10, figures.p90, figures.high) if figures else [None] * 4
    count = str(figures.count) if figures else '0'
    place = '' if row.case.place == last else escape(row.case.place)
    last = row.case.place
    lines.append(tag('tr', ''.join(tag('td', text) for text in [
      place, swatch(row.case.variant), *map(number, values), count, *(ratio(row, base) for base in bases),
      *([failures(row)] * failed)]), class_='first' if place else 'more'))
  return tag('div', tag('table', ''.join(lines), class_='figures'), class_='scroll')


def section(benchmark, rows):
  return tag('section', tag('h2', f'{escape(benchmark.name)} <small>{escape(benchmark.unit)}</small>')
             + tag('p', escape(benchmark.measures)) + chart.draw(benchmark, rows)
             + figures_table(benchmark, rows), id=benchmark.name)


def verdict_cell(verdict, unit):
  if verdict is None:
    return tag('td', '')
  mark = {'met': '&#10003; ', 'missed': '&#10007; '}.get(verdict.word, '')
  figure = tag('b', f'{number(verdict.value)}{unit}') if verdict.value is not None else ''
  return tag('td', f'{figure} {tag("span", mark + verdict.word)}', class_=verdict.word.replace(' ', '-'))


def goals(benchmarks, rows):
  """Goals by engines: the fork's ratios to what they name, or its figures."""
  judged = verdicts(benchmarks, rows)
  if not judged:
    return ''
  engines = list(dict.fromkeys(verdict.engine for verdict in judged))
  lines = [cells(['', 'at most', *engines], 'th')]
  for benchmark in benchmarks:
    for goal in benchmark.goals:
      mine = {verdict.engine: verdict for verdict in judged if (verdict.benchmark, verdict.goal) == (benchmark.name, goal)}
      if mine:
        unit = escape(goal_unit(benchmark, goal))
        base = goal.base and f' &divide; {goal.base}'
        name = f'<a href="#{benchmark.name}">{escape(goal_name(benchmark, goal))}</a>{base}<br>'
        lines.append(tag('tr', tag('td', name + tag('small', escape(goal.text)))
                         + tag('td', chart.plain(goal.most) + unit)
                         + ''.join(verdict_cell(mine.get(engine), unit) for engine in engines)))
  about = tag('p', 'Of the fork\'s figures to the figures named: the median of the rounds\' ratios; or, with a unit, the '
              'median of its figures.')
  return tag('section', tag('h2', f'Goals <small>{tally(judged)}</small>') + about
             + tag('div', tag('table', ''.join(lines), class_='overview goals'), class_='scroll'))


def overview_cell(row):
  if row is None:
    return ''
  if not row.figures:
    return tag('span', escape(row.failures[0]), class_='failed')
  against = [f'{number(row.ratios[base].median)}{TIMES} {base}' for base in ('stock', 'native') if base in row.ratios]
  return tag('b', number(row.figures.median)) + tag('small', '<br>'.join(against))


def overview(benchmarks, rows):
  """Benchmarks by engines: deputy's medians and what they are against stock and native."""
  engines = list(dict.fromkeys(row.case.engine for row in rows if row.case.engine != 'native'))
  lines = [cells(['', 'native', *engines], 'th')]
  for benchmark in benchmarks:
    mine = {(row.case.engine, row.case.variant): row for row in rows
            if row.case.benchmark == benchmark.name and not row.case.cores and not row.case.part}
    shown = 'deputy' if 'deputy' in benchmark.variants else benchmark.variants[-1]
    note = '' if shown == 'deputy' else f', {shown}'
    native = mine.get(('native', 'native'))
    lines.append(cells([
      f'<a href="#{benchmark.name}">{escape(benchmark.name)}</a> <small>{escape(benchmark.unit + note)}</small>',
      overview_cell(native), *(overview_cell(mine.get((engine, shown))) for engine in engines)]))
  about = tag('p', 'Medians of the fork, with the median of the rounds\' ratios to stock and to native below: less '
              'than 1&times; is faster, or smaller.')
  return tag('section', tag('h2', 'Overview') + about
             + tag('div', tag('table', ''.join(lines), class_='overview'), class_='scroll'))


def machine_table(results):
  machine = results['machine']
  cores = f'{machine["cores"]} cores{", virtual" if machine["virtual"] else ""}'
  loads = [' '.join(map(str, machine[key])) for key in ('load_before', 'load_after')]
  entries = {
    'date': machine['date'].replace('T', ' '),
    'revision': machine['revision'],
    'machine': f'{machine["cpu"]}, {cores}, {machine["memory_gb"]} GB',
    'system': f'{machine["system"]}, Linux {machine["kernel"]}',
    'load (1, 5, 15 min)': f'{loads[0]} before, {loads[1]} after',
    'used by others': ', '.join(f'{share:.0%}' for share in machine['busy_before_rounds'])
                      + ' of all cores, just before each round',
    'effort': f'{results["rounds"]} rounds of {results["batches"]} batches of {results["batch_ms"]:g} ms a run, '
              f'{results["seconds"] / 60:.1f} min in all',
    **machine['engines'],
    **{f'{name} compiler': text for name, text in machine['compilers'].items()},
  }
  return tag('dl', ''.join(tag('dt', escape(key)) + tag('dd', escape(value)) for key, value in entries.items()))


def warnings(results):
  machine = results['machine']
  texts = []
  if max(machine['busy_before_rounds']) > QUIET:
    texts.append('The machine was not quiet: see what others had of its cores before the rounds.')
  if results['quick']:
    texts.append('A quick run: good to see that the benchmarks work, not for figures.')
  return ''.join(tag('p', escape(text), class_='warning') for text in texts)


def how():
  pinned = ('A place such as “node, 1 core” has all of the process\'s threads pinned to that many cores. Two threads on '
            'one core wake each other in 5&ndash;10 &micro;s; on two, an idle virtual core takes 50&ndash;100 &micro;s to wake.')
  rounds = ('A round runs everything once, the variants of a place right after each other. A ratio is taken between '
            'the medians of the two runs of a round; shown are the median of the rounds\' ratios and their p10&ndash;p90. '
            'Medians, p10, p90 and max are of all samples of all rounds. Charts: dot at the median, line from p10 to '
            'p90.')
  legend = ''.join(tag('span', f'{swatch(name)} <small>{escape(text)}</small>') for name, text in VARIANTS.items())
  return tag('p', rounds) + tag('p', pinned) + tag('p', legend, class_='legend')


def html(benchmarks, rows, results):
  sections = ''.join(section(benchmark, [row for row in rows if row.case.benchmark == benchmark.name])
                     for benchmark in benchmarks)
  body = (tag('header', tag('h1', 'Emscripten Deputy: benchmarks') + warnings(results)) + goals(benchmarks, rows)
          + overview(benchmarks, rows) + tag('section', tag('h2', 'How') + machine_table(results) + how()) + sections)
  return ('<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Emscripten Deputy: benchmarks</title>'
          '<meta name="viewport" content="width=device-width, initial-scale=1">'
          f'<style>{STYLE.read_text(encoding="utf-8")}</style></head>{tag("body", tag("main", body))}</html>\n')
