# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""What a conformance run says: a table by suite, and each difference from stock with its verdict."""

import csv
import datetime
import fnmatch
import os
import sys
from collections import Counter, defaultdict
from pathlib import Path

import suites
import tomllib

ROOT = Path(__file__).resolve().parent.parent.parent
VERDICTS = Path(__file__).resolve().parent / 'verdicts.toml'
PAGE = ROOT / 'docs/conformance.md'
LIST = ROOT / 'docs/conformance.csv'

sys.path[:0] = [str(ROOT / 'test'), str(ROOT / 'tools')]
from harness.browsers import version
from overlay import pin

# 'flaky': at the second attempt.
WELL = {'success', 'expected failure', 'flaky'}
HEADINGS = {
  'meaning': 'What the flag means',
  'limit': 'What the flag can\'t do',
}


def read_verdicts():
  """The verdicts, each of which quotes our documentation."""
  verdicts = tomllib.loads(VERDICTS.read_text()).get('difference', [])
  for verdict in verdicts:
    assert verdict['verdict'] in HEADINGS, verdict
    text = ' '.join((ROOT / verdict['docs']).read_text().split())
    if ' '.join(verdict['sentence'].split()) not in text:
      raise SystemExit(f'verdicts.toml: {verdict["docs"]} does not say "{verdict["sentence"]}"')
  return verdicts


def find_verdict(verdicts, entry):
  for verdict in verdicts:
    is_named = any(fnmatch.fnmatchcase(entry['test'], pattern) for pattern in verdict['tests'])
    if entry['column'] == 'on' and is_named and verdict.get('says', '') in entry['message']:
      return verdict
  return None


def differences(entries):
  """Entries that did not end well, though stock's did or is not known."""
  stock = {(entry['engine'], entry['test']): entry for entry in entries if entry['column'] == 'stock'}
  found = []
  for entry in entries:
    same = stock.get((entry['engine'], entry['test']))
    was_well = not same or same['result'] in WELL
    if entry['column'] != 'stock' and was_well and entry['result'] not in WELL and not (not same and entry['result'] == 'skipped'):
      found.append(entry)
  return found


def kind_of(entry):
  result = entry['result']
  return 'passed' if result in WELL else 'skipped' if result == 'skipped' else 'failed'


def suite_of(entry):
  suite = entry['test'].partition('.')[0]
  return f'{suite} ({entry["engine"]})' if suite in suites.IN_BROWSERS else suite


def table(entries, columns):
  """Lines of Markdown: of each suite and column, how its tests ended."""
  counts = defaultdict(Counter)
  for entry in entries:
    counts[suite_of(entry), entry['column']][kind_of(entry)] += 1
  for entry in differences(entries):
    of_suite = counts[suite_of(entry), entry['column']]
    of_suite[kind_of(entry)] -= 1
    of_suite['different'] += 1
  lines = ['| suite | ' + ' | '.join(columns) + ' |', '| --- |' + ' --- |' * len(columns)]
  for suite in sorted({suite for suite, _column in counts}):
    cells = [describe(counts[suite, column], column) for column in columns]
    lines.append(f'| {suite} | ' + ' | '.join(cells) + ' |')
  return lines


def describe(count, column):
  if not count:
    return 'not run'
  failed = f'{count["failed"]} failed' + ('' if column == 'stock' else f' (nor pass on stock), {count["different"]} different')
  return f'{count["passed"]} passed, {failed}, {count["skipped"]} skipped'


def summarize(entries, columns):
  """Print the table and the differences of `columns`; returns the command's exit code."""
  verdicts = read_verdicts()
  print('\n'.join(['', *table(entries, columns), '']))
  found = [entry for entry in differences(entries) if entry['column'] in columns]
  unexplained = 0
  for entry in found:
    if not find_verdict(verdicts, entry):
      unexplained += 1
      print(f'NEW DIFFERENCE {entry["column"]} {entry["test"]} ({entry["engine"]}): {entry["result"]}')
      print('  ' + '\n  '.join(entry['message'].strip().splitlines()[-15:]))
  known = {(entry['column'], entry['test']) for entry in entries if entry['result'] in WELL}
  for verdict in verdicts:
    for pattern in verdict['tests']:
      if ('on', pattern) in known:
        print(f'verdicts.toml: {pattern} passes')
  print(f'{len(found) - unexplained} differences from stock explained, {unexplained} not')
  return 1 if unexplained else 0


def write_list(entries, stamps):
  """Write of each test how it ended in each column, which is headed by what it was made from.

  Of a message there is what its verdict is known by.
  """
  verdicts = read_verdicts()
  results = defaultdict(dict)
  for entry in entries:
    verdict = kind_of(entry) == 'failed' and find_verdict(verdicts, entry)
    says = f': {verdict["says"]}' if verdict and 'says' in verdict else ''
    results[entry['test'], entry['engine']][entry['column']] = entry['result'] + says
  with LIST.open('w', newline='') as file:
    writer = csv.writer(file, lineterminator='\n')
    writer.writerow(['test', 'engine', *(f'{column} {stamp}' for column, stamp in stamps.items())])
    for (test, engine), of_column in sorted(results.items()):
      writer.writerow([test, engine, *(of_column.get(column, '') for column in stamps)])


def read_list():
  """The entries of write_list() but for differences that have no verdict: why is not in the list."""
  entries = []
  with LIST.open(newline='') as file:
    for row in csv.DictReader(file):
      for heading in list(row)[2:]:
        column, stamp = heading.split()
        result, _colon, says = row[heading].partition(': ')
        if result:
          entries.append({'column': column, 'engine': row['engine'], 'test': row['test'], 'result': result, 'seconds': 0,
                          'message': says, 'stamp': stamp, 'runs': 2})
  verdicts = read_verdicts()
  unexplained = [entry for entry in differences(entries) if not find_verdict(verdicts, entry)]
  return [entry for entry in entries if entry not in unexplained]


def write(tests, entries, stamps):
  """Write docs/conformance.csv of the results that are up to date, and .md of the `tests` that have run in every column."""
  entries = [entry for entry in entries if entry['stamp'] == stamps[entry['column']]]
  write_list(entries, stamps)
  columns = [column for column in suites.COLUMNS if any(entry['column'] == column for entry in entries)]
  runs = Counter((entry['engine'], entry['test']) for entry in entries)
  partial = [run for run, count in runs.items() if count < len(columns)]
  entries = [entry for entry in entries if (entry['engine'], entry['test']) not in partial]
  missing = [column for column in suites.COLUMNS if column not in columns]
  verdicts = read_verdicts()
  by_verdict = defaultdict(list)
  unexplained = []
  found = differences(entries)
  for entry in found:
    verdict = find_verdict(verdicts, entry)
    if verdict:
      by_verdict[verdicts.index(verdict)].append(entry)
    else:
      unexplained.append(entry)
  left = len(set(tests) - {entry['test'] for entry in entries})
  lines = [
    '# Conformance', '',
    '<!-- Written by `test/conformance/run.py --report`. -->', '',
    f'Upstream\'s own tests of Emscripten {pin.read(ROOT).version}, unedited: on *stock* Emscripten, on the fork with the flag '
    '*off*, and on the fork with the flag *on* (`EMCC_CFLAGS=-sDEPUTY_THREAD`), which makes each test\'s `main()` '
    'run on the deputy. What needs a GPU, sound, d8, node 24 or packages of npm is skipped by upstream\'s own '
    'switches, in all columns alike.', '',
    '; '.join([datetime.date.today().isoformat(), *map(version, ['node', *sorted({entry['engine'] for entry in entries})])]) + '.', '',
    *table(entries, columns), '',
    f'{len(tests)} tests: of browser those of threads, files, fetch, dynamic linking and HTML5; '
    f'of the other suites all (core0 is test_core at -O0). How each ended is in [{LIST.name}]({LIST.name}).'
    + (f' {left} of them have not run in every column yet.' if left else ''), '',
    'Tests that pass at the second attempt count as passed: '
    + ', '.join(f'{sum(entry["column"] == column and entry["result"] == "flaky" for entry in entries)} {column}' for column in columns) + '.', '',
    *([f'Not run yet: {", ".join(missing)}.', ''] if missing else []),
    '## Differences from stock', '',
    ', '.join(f'{sum(entry["column"] == column for entry in found)} {column}' for column in columns if column != 'stock')
    + f'; not explained: {len(unexplained)}.', '',
  ]
  for kind, heading in HEADINGS.items():
    chosen = [i for i in sorted(by_verdict) if verdicts[i]['verdict'] == kind]
    if not chosen:
      continue
    lines += [f'### {heading}', '']
    for i in chosen:
      verdict = verdicts[i]
      names = ', '.join(f'`{name}`' for name in sorted({entry['test'] for entry in by_verdict[i]}))
      link = f'[{verdict["docs"]}]({os.path.relpath(ROOT / verdict["docs"], PAGE.parent)})'
      lines += [f'- {verdict["cause"]} {link}: "{verdict["sentence"]}"', f'  {names}']
    lines.append('')
  if unexplained:
    lines += ['### Not explained', '', *sorted(f'- {entry["column"]}: `{entry["test"]}`' for entry in unexplained), '']
  PAGE.write_text('\n'.join(lines))
  print(f'{PAGE.relative_to(ROOT)}: {len(entries)} results, {len(unexplained)} differences not explained')
  return 1 if unexplained else 0
