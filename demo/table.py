#!/usr/bin/python3
# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
"""`make programs`: measures real programs and writes docs/programs.md, the table of what they made and how long they took.

Builds each program of programs.py natively, with stock Emscripten and with the fork, and runs it in Chromium.
Takes an hour or so the first time. Needs build/sdk and build/stock, which `make programs` makes.
With names of programs it measures these, and keeps the other rows: build/demo/table.json has the figures.
"""

import argparse
import hashlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

import programs
import runs
from programs import BUILD, CATALOGUE, FLAVOURS, ROOT, ForkError, say

sys.path.insert(0, str(ROOT / 'test'))
from harness.browsers import version
from harness.result import RunFailed
from harness.run import Runner

FIGURES = BUILD / 'table.json'
TABLE = ROOT / 'docs' / 'programs.md'
RUNNABLE = [name for name, program in CATALOGUE.items() if program.run]

# Looked at, and not in the table; why.
LEFT_OUT = {
  'lbzip2 2.5': '`main()` waits in `sigsuspend()` for its threads\' signals, which Emscripten does not have; it does not '
                'link with stock Emscripten either.',
  'pbzip2 1.1.13': '`std::basic_string<unsigned char>`, which C++ does not promise and libc++ no longer has; it does '
                   'not compile with stock Emscripten either.',
  'SQLite 3.40.1, threadtest4': 'the host\'s own fails in three runs of ten: *database schema is locked*, or a '
                                'deadlock in `VACUUM`.',
}

HEAD = '''# Real programs

Programs out of Debian's source packages, with none of their lines changed: `demo/programs.py` has the
recipe of each: options and variables of its own build system, and a command line where it has none.
libuv, which does not know Emscripten, is built with its files for Cygwin. `make programs` writes this
page; `pytest test/test_programs.py --programs NAMES` runs some in every browser.

Each is built three times with the same flags (`{compile}`): with the host's compiler, with stock
Emscripten (`{stock}`), and with the fork
(`-sDEPUTY_THREAD`). All get the same arguments and files. *yes*: it made the native program's file byte
for byte, or printed the same. *exit code*: that is the same, and nothing else is compared, because what
it prints depends on the order of its threads or on paths.

Seconds are medians of {rounds} runs, from the program's start to its exit, in a browser with its loading.
A gap is the longest time between two ticks of the UI thread, due every 4 ms; the median as well.
Where many threads compute, gaps are the scheduler's: {spinning} bare workers that spin, without any
Emscripten, leave gaps of {floor} here.
{machine}

| program | what runs | lines changed | same, fork | same, stock | native | stock | fork | gap, stock | gap, fork |
|---|---|---|---|---|---|---|---|---|---|
'''

SPINNING = 48  # as many as GoogleTest's stress tests have threads
SPIN_JS = f'''
  const url = URL.createObjectURL(new Blob([`onmessage = () => {{
    const end = performance.now() + 1000;
    while (performance.now() < end) ;
    postMessage('done');
  }}`]));
  const workers = Array.from({{length: {SPINNING}}}, () => new Worker(url));
  const next = (worker) => new Promise((resolve) => {{
    worker.onmessage = resolve;
    worker.postMessage('go');
  }});
  await Promise.all(workers.map(next));
  uiGaps.reset();
  await Promise.all(workers.map(next));
  return uiGaps.summary().max;
'''


def measure(name, run, rounds):
  """The row of a program: what each flavour did in each round."""
  for flavour in FLAVOURS:
    programs.build(name, flavour)
  row = {'version': version_of(name), 'changed': programs.lines_changed(name), 'flavours': {}}
  wanted = None
  for _ in range(rounds):
    for flavour in ('native', 'stock', 'deputy'):
      made = row['flavours'].setdefault(flavour, {'seconds': [], 'gaps': [], 'same': True, 'why': ''})
      if made['why']:
        continue  # it failed, which may have taken its whole limit
      try:
        outcome = runs.native(name) if flavour == 'native' else runs.in_browser(run, 'chromium', name, flavour)
      except (RunFailed, OSError, subprocess.TimeoutExpired) as failed:
        made['same'], made['why'] = False, str(failed).removeprefix('chromium: ')
        continue
      result = (outcome.status, hashlib.sha256(outcome.made).hexdigest())
      if flavour == 'native':
        wanted = wanted or result
      if result != wanted or outcome.status:
        made['same'], made['why'] = False, f'status {outcome.status}' if outcome.status else 'differs'
      made['seconds'].append(outcome.seconds)
      made['gaps'].append(outcome.gap)
  return row


def version_of(name):
  """The upstream version of a program's source."""
  package = CATALOGUE[name].package
  return re.sub(r'\.orig\.tar.*|\+dfsg.*', '', programs.fetch(package).name.removeprefix(f'{package}_'))


def line(name, row):
  """A program's line of the table."""
  what = CATALOGUE[name].run
  flavours = row['flavours']

  def middle(flavour, key, form):
    values = [value for value in flavours[flavour][key] if value is not None]
    return format(statistics.median(values), form) if values else '?'

  def same(flavour):
    made = flavours[flavour]
    return made['why'] or ('yes' if what.result or what.steady else 'exit code')
  command = ' '.join((name, *what.args))
  cells = [f'{name} {row["version"]}', f'{what.about}: `{command}`', str(row['changed']), same('deputy'), same('stock'),
           *(f'{middle(flavour, "seconds", ".2f")} s' for flavour in ('native', 'stock', 'deputy')),
           *(f'{middle(flavour, "gaps", ".0f")} ms' for flavour in ('stock', 'deputy'))]
  return f'| {" | ".join(cells)} |\n'


def floor_of(run, rounds):
  """The gaps of a page beside workers that do nothing but compute."""
  gaps = sorted(run(None, 'chromium', page_js=SPIN_JS).report for _ in range(rounds))
  return f'{gaps[0]:.0f} to {gaps[-1]:.0f} ms'


def write(figures, rounds, floor):
  load = os.getloadavg()[2]  # of a busy machine the figures say little
  machine = f'{os.cpu_count()} cores with a load of {load:.0f}, {version("chromium")}, {time.strftime("%Y-%m-%d")}.'
  text = HEAD.format(compile=programs.COMPILE, stock=FLAVOURS['stock'].link, rounds=rounds, machine=machine,
                     spinning=SPINNING, floor=floor)
  text += ''.join(line(name, figures[name]) for name in RUNNABLE if name in figures)
  if LEFT_OUT:
    text += '\n## What does not work\n\n' + ''.join(f'- **{name}**: {why}\n' for name, why in LEFT_OUT.items())
  TABLE.write_text(text, encoding='utf-8')


def main():
  parser = argparse.ArgumentParser(description='Measure real programs and write docs/programs.md.')
  parser.add_argument('names', nargs='*', metavar='program', help='by default all of: ' + ', '.join(RUNNABLE))
  parser.add_argument('--rounds', type=int, default=3, metavar='N', help='runs of each (default: 3)')
  options = parser.parse_args()
  if options.rounds < 1:
    parser.error(f'argument --rounds: {options.rounds} is too few: give 1 or more')
  if unknown := set(options.names) - set(RUNNABLE):
    parser.error(f'no program {", ".join(sorted(unknown))}')
  figures = json.loads(FIGURES.read_text()) if FIGURES.is_file() else {}
  failed = []
  with tempfile.TemporaryDirectory(prefix='deputy-table-') as folder:
    runner = Runner(folder)
    try:
      floor = floor_of(runner.run, options.rounds)
      for name in options.names or RUNNABLE:
        say(f'{name} ...')
        try:
          figures[name] = measure(name, runner.run, options.rounds)
        except ForkError as error:
          say(f'table.py: {name} is left as it was: {error}')
          failed.append(name)
          continue
        failed += [f'{name} ({flavour})' for flavour in ('native', 'deputy') if not figures[name]['flavours'][flavour]['same']]
        FIGURES.write_text(json.dumps(figures, indent=2) + '\n')
        write(figures, options.rounds, floor)
    finally:
      runner.close()
  if failed:
    sys.exit(f'table.py: error: failed, or not as native: {", ".join(failed)}')


if __name__ == '__main__':
  main()
