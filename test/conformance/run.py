#!/usr/bin/env python3
# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""`make conformance`: runs upstream's own test suites, unedited, on stock Emscripten and on the fork.

Three columns: stock is upstream's tree; off is the fork without the flag; on is the fork with
EMCC_CFLAGS=-sDEPUTY_THREAD. Each result is kept in build/conformance/results.jsonl at once, and a run that is
ended goes on where it was; with --resume, where docs/conformance.csv is. What was run with other sources is run
again. The report says which tests differ from stock, and why (verdicts.toml); exit code 1 when a difference has
no verdict.

Usage, for example:
  test/conformance/run.py --only 'browser.test_pthread_*'
  test/conformance/run.py --only subset --columns on      what CI runs
  test/conformance/run.py --only core0 --columns stock,on
  test/conformance/run.py                                 all of it: many hours
"""

import argparse
import fnmatch
import hashlib
import itertools
import json
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

import report
import suites

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / 'build'

sys.path[:0] = [str(ROOT / name) for name in ('demo', 'test', 'tools')]
import programs
from harness import keeper
from overlay import patches, tree
from overlay.layout import held
from overlay.report import ForkError

OUT = BUILD / 'conformance'
RESULTS = OUT / 'results.jsonl'
# A submodule of upstream's, which its archive lacks: the version that Debian has.
POSIXTESTSUITE = OUT / 'posixtestsuite'
# Held by a run: its workers' files and ports have numbers, which another's would have as well.
LOCK = OUT / 'lock'
WORKER = Path(__file__).resolve().parent / 'worker.py'
# Upstream's tests need modules of Debian's.
PYTHON = '/usr/bin/python3'

# A process runs as many tests before the next, which may be of another column.
CHUNK = 20
# Seconds in which a test ends; the first of a kind builds system libraries. Upstream's own bound is for the
# program that a test runs. (Posixtest's are small, and many of them hang on stock: each would take all of these.)
TEST_SECONDS = 600
SUITE_SECONDS = {'posixtest': 40}
# How often a test that has failed is run again: 'flaky' where it passes then.
RETRIES = 1


# What makes the difference in a column. (What only the flag brings in, and refuses to be compiled without it, is not
# off's.)
SERIES = patches.read_series(ROOT / 'patches')
ON = [*(patch.path for patch in SERIES), 'patches/series', 'src', 'system', 'tools/deputy*', 'upstream.json']
SOURCES = {
  'stock': [*(patch.path for patch in SERIES if patch.group in tree.STOCK_GROUPS), 'upstream.json'],
  'off': [*ON, ':!src/lib/libdeputy*', ':!system/lib/deputy'],
  'on': ON,
}


def stamp(column):
  """What a column's results were made from."""
  files = subprocess.run(['git', 'ls-files', '-z', '--', *SOURCES[column]], cwd=ROOT, capture_output=True, text=True, check=True).stdout
  digest = hashlib.sha256()
  for name in sorted(filter(None, files.split('\0'))):
    if (ROOT / name).is_file():
      data = (ROOT / name).read_bytes()
      if name.endswith('.patch'):
        # Not what it says of itself.
        data = data.partition(b'\n---\n')[2]
      elif name == 'upstream.json':
        # Nor what ours were written after.
        data = json.dumps({**json.loads(data), 'stand_ins': {}}).encode()
      digest.update(name.encode() + b'\0' + data)
  return digest.hexdigest()[:16]


class Results:
  """What is known of each (column, engine, test), in memory and in the file."""

  def __init__(self, stamps, known=()):
    self.stamps = stamps
    self.known = {(entry['column'], entry['engine'], entry['test']): entry for entry in known}
    self.lock = threading.Lock()
    OUT.mkdir(parents=True, exist_ok=True)
    if RESULTS.exists():
      for line in RESULTS.read_text().splitlines():
        entry = json.loads(line)
        self.known[entry['column'], entry['engine'], entry['test']] = entry

  def get(self, column, engine, test):
    entry = self.known.get((column, engine, test))
    return entry if entry and entry['stamp'] == self.stamps[column] else None

  def forget(self, columns, engine, tests):
    for column, test in itertools.product(columns, tests):
      self.known.pop((column, engine, test), None)

  def add(self, entry):
    with self.lock:
      self.known[entry['column'], entry['engine'], entry['test']] = entry
      with RESULTS.open('a') as file:
        file.write(json.dumps(entry) + '\n')


def environment(column, engine):
  _tree, flags = suites.COLUMNS[column]
  # CI would have upstream's runner delete every emscripten_* folder in /tmp, those of compilers at work among them,
  # and write XML with a package that is not here.
  env = {key: value for key, value in os.environ.items() if not key.startswith(('EMTEST_', 'EMCC_', 'EM_')) and key != 'CI'}
  env.update(suites.ENVIRONMENT, EMTEST_BROWSER=suites.BROWSERS[engine])
  env['NODE_PATH'] = str(BUILD / 'npm/node_modules')
  if POSIXTESTSUITE.is_dir():
    env['DEPUTY_POSIXTESTSUITE'] = str(POSIXTESTSUITE)
  if flags:
    env['EMCC_CFLAGS'] = flags
  return env


def fetch_posixtestsuite():
  if not POSIXTESTSUITE.is_dir():
    OUT.mkdir(parents=True, exist_ok=True)
    try:
      programs.unpack(programs.fetch('posixtestsuite'), POSIXTESTSUITE)
    except ForkError as error:
      sys.exit(f'run.py: error: {error}')


def find_tests():
  """Upstream's tests of our suites: their names, in the order in which they are run."""
  done = subprocess.run([PYTHON, WORKER, BUILD / 'stock', 'list'], env=environment('stock', 'chromium'),
                        capture_output=True, text=True, check=False)
  if done.returncode:
    sys.exit(f'run.py: error: upstream\'s tests can\'t be listed:\n{done.stderr}')
  order = list(suites.SUITES)
  found = []
  for entry in map(json.loads, done.stdout.splitlines()):
    suite = entry['test'].partition('.')[0]
    if suite in suites.SUITES and (not suites.SUITES[suite] or suites.SUITES[suite](entry['test'], entry['source'])):
      # What threads have to do with comes first.
      found.append((not suites.ABOUT_THREADS.search(entry['source']), order.index(suite), entry['test']))
  return [test for _late, _suite, test in sorted(found)]


def select(tests, only):
  if not only:
    return tests
  patterns = []
  for pattern in only.split(','):
    patterns += suites.SUBSET if pattern == 'subset' else [pattern if '.' in pattern else f'{pattern}.*']
  chosen = [test for test in tests if any(fnmatch.fnmatchcase(test, pattern) for pattern in patterns)]
  missing = [pattern for pattern in patterns if not fnmatch.filter(tests, pattern)]
  if missing:
    sys.exit(f'run.py: error: no test is called {", ".join(missing)}; names are like core0.test_x, browser.test_pthread_*')
  return chosen


class Worker:
  """Runs chunks of tests in processes, one at a time."""

  def __init__(self, number, results, progress):
    self.number = number
    self.results = results
    self.progress = progress

  def run(self, column, engine, tests):
    left = list(tests)
    while left:
      left = self.run_some(column, engine, left)

  def run_some(self, column, engine, tests):
    """Run `tests` until one hangs; returns those after it."""
    folder, _flags = suites.COLUMNS[column]
    log = OUT / f'worker-{self.number}.log'
    names = OUT / f'worker-{self.number}.tests'
    names.write_text('\n'.join(tests))
    with log.open('w') as errors:
      # With all that it starts it ends when its stdin is closed, by us or because we have ended.
      process = subprocess.Popen([PYTHON, '-I', keeper.__file__, PYTHON, WORKER, BUILD / folder, 'run', str(self.number), names],
                                 env=environment(column, engine), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                                 text=True, start_new_session=True)
    lines = queue.Queue()
    threading.Thread(target=self.read, args=[process, lines], daemon=True).start()
    left = list(tests)
    seconds = SUITE_SECONDS.get(tests[0].partition('.')[0], TEST_SECONDS)
    try:
      while left:
        line = lines.get(timeout=seconds)
        if line is None:
          self.record(column, engine, left[0], 'died', log.read_text(errors='replace')[-4000:])
          return left[1:]
        entry = json.loads(line)
        left.remove(entry['test'])
        self.record(column, engine, entry['test'], entry['result'], entry['message'], entry['seconds'])
      return []
    except queue.Empty:
      self.record(column, engine, left[0], 'hung', f'no end within {seconds} s', seconds)
      return left[1:]
    finally:
      self.end(process)

  @staticmethod
  def read(process, lines):
    for line in process.stdout:
      lines.put(line)
    lines.put(None)

  @staticmethod
  def end(process):
    """Of a process that is done, or hangs: its browser, too."""
    try:
      process.wait(20)
    except subprocess.TimeoutExpired:
      pass
    process.stdin.close()
    process.wait()

  def record(self, column, engine, test, result, message, seconds=0):
    before = self.results.get(column, engine, test)
    if before and before['result'] in report.WELL:
      before = None
    entry = {'column': column, 'engine': engine, 'test': test, 'result': result, 'seconds': seconds,
             'message': message, 'stamp': self.results.stamps[column], 'runs': 1 + (before['runs'] if before else 0)}
    if before and before['result'] != 'skipped' and result in report.WELL:
      entry.update(result='flaky', message=before['message'])
    self.results.add(entry)
    self.progress(entry)


class Progress:
  """A line for each test that did not end well, and one now and then."""

  def __init__(self, total):
    self.total = total
    self.done = 0
    self.start = self.said = time.monotonic()
    self.lock = threading.Lock()

  def __call__(self, entry):
    with self.lock:
      self.done += 1
      now = time.monotonic()
      if report.kind_of(entry) == 'failed' or now > self.said + 30 or self.done == self.total:
        self.said = now
        left = (now - self.start) / self.done * max(self.total - self.done, 0) / 60
        print(f'  {self.done} of {self.total}, about {left:.0f} min left; {entry["column"]} {entry["test"]}: '
              f'{entry["result"]} ({entry["seconds"]:.0f} s)', flush=True)


def perform(work, results, jobs):
  """Run `work`, a list of (column, engine, tests), on as many processes as `jobs`."""
  waiting = queue.Queue()
  for chunk in work:
    waiting.put(chunk)
  progress = Progress(sum(len(tests) for _column, _engine, tests in work))
  alone = threading.Lock()

  def take(number):
    # Upstream's own runner counts from 0: the ports of both are free.
    worker = Worker(100 + number, results, progress)
    while True:
      try:
        column, engine, tests = waiting.get_nowait()
      except queue.Empty:
        return
      if tests[0].partition('.')[0] in suites.ONE_BY_ONE:
        with alone:
          worker.run(column, engine, tests)
      else:
        worker.run(column, engine, tests)

  threads = [threading.Thread(target=take, args=[number], daemon=True) for number in range(jobs)]
  for thread in threads:
    thread.start()
  for thread in threads:
    thread.join()


def chunks(tests, columns, engine, is_due, size=CHUNK):
  """The work that is due: of a suite, a chunk of tests after the other, in all columns."""
  work = []
  for suite, names in itertools.groupby(tests, lambda test: test.partition('.')[0]):
    names = list(names)
    if engine != 'chromium' and suite not in suites.IN_BROWSERS:
      continue
    for i in range(0, len(names), size):
      for column in columns:
        due = [test for test in names[i:i + size] if is_due(column, test)]
        if due:
          work.append((column, engine, due))
  return work


def parse():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument('--only', metavar='PATTERN,...', help='tests, suites or `subset`; default: all')
  parser.add_argument('--columns', default='stock,on,off', metavar='NAME,...', help='default: stock,on,off')
  parser.add_argument('--engine', default='chromium', choices=suites.BROWSERS, help='for the suites that need a browser')
  parser.add_argument('--jobs', type=int, default=os.cpu_count(), metavar='N', help='tests side by side; default: one a core')
  parser.add_argument('--fresh', action='store_true', help='run what has a result, too')
  parser.add_argument('--resume', action='store_true', help='run nothing that is explained in docs/conformance.csv, with the same sources')
  parser.add_argument('--report', action='store_true', help='only write docs/conformance.md and .csv, of the tests that have a result')
  args = parser.parse_args()
  if args.jobs < 1:
    parser.error(f'argument --jobs: {args.jobs} is too few: give 1 or more')
  return args


def refuse():
  sys.exit(f'run.py: error: another run is under way in this folder ({LOCK.relative_to(ROOT)}): wait for its end, or end it')


def main():
  args = parse()
  if args.report:
    return carry_out(args)
  with held(LOCK, refuse):
    return carry_out(args)


def carry_out(args):
  columns = args.columns.split(',')
  if unknown := set(columns) - set(suites.COLUMNS):
    sys.exit(f'run.py: error: no column is called {", ".join(unknown)}; there are {", ".join(suites.COLUMNS)}')
  results = Results({column: stamp(column) for column in suites.COLUMNS}, report.read_list() if args.resume else ())
  if not args.only or 'posixtest' in args.only:
    fetch_posixtestsuite()
  tests = select(find_tests(), args.only)
  if args.report:
    return report.write(tests, [entry for entry in results.known.values() if entry['test'] in tests], results.stamps)
  print(f'{len(tests)} tests of upstream in {len(columns)} columns', flush=True)

  if args.fresh:
    results.forget(columns, args.engine, tests)

  def is_new(column, test):
    return not results.get(column, args.engine, test)

  verdicts = report.read_verdicts()

  def has_failed(column, test):
    entry = results.get(column, args.engine, test)
    stock = results.get('stock', args.engine, test)
    is_known = report.find_verdict(verdicts, entry) or (column != 'stock' and stock and report.kind_of(stock) == 'failed')
    return report.kind_of(entry) == 'failed' and entry['runs'] <= RETRIES and not is_known

  perform(chunks(tests, columns, args.engine, is_new), results, args.jobs)
  for _again in range(RETRIES):
    # Each alone: one that fails may spoil those after it, in upstream's harness as well. What fails on stock needs no
    # other try in the columns after it.
    for column in sorted(columns, key=list(suites.COLUMNS).index):
      perform(chunks(tests, [column], args.engine, has_failed, 1), results, 1)
  found = [results.get(column, args.engine, test) for column in suites.COLUMNS for test in tests]
  status = report.summarize([entry for entry in found if entry], columns)
  # What says most must not be left out.
  for entry in found:
    if entry and args.only == 'subset' and entry['result'] == 'skipped':
      status = 1
      print(f'SKIPPED {entry["column"]} {entry["test"]}: {entry["message"].strip()}')
  return status


if __name__ == '__main__':
  sys.exit(main())
