#!/usr/bin/python3
# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
"""`make bench`: measures the fork beside stock Emscripten and native code, in every engine, in one go.

The rows are in benchmarks.py, the work is done in runner/. Needs build/sdk and build/stock, which `make bench`
makes. Writes results.json, with every sample, and report.html.

Usage, for example:
  bench/run.py --quick --only create_join --engine node    does it work?
  bench/run.py --only create_join,batch --rounds 9         figures of these two
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

BENCH = Path(__file__).resolve().parent
sys.path[:0] = [str(BENCH), str(BENCH.parent / 'test')]

from benchmarks import BENCHMARKS, ENGINES
from harness.browsers import missing
from harness.run import Runner
from runner import figures, machine, report, terminal
from runner.programs import COMPILERS
from runner.rounds import Effort, Rounds


def say(text):
  print(text, flush=True)


def names(known):
  def parse(text):
    chosen = [name for name in text.split(',') if name]
    unknown = [name for name in chosen if name not in known]
    if unknown:
      raise argparse.ArgumentTypeError(f'no {", ".join(unknown)}; there are {", ".join(known)}')
    return chosen
  return parse


def parse_args():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument('--only', type=names([row.name for row in BENCHMARKS]), metavar='NAME,...',
                      help='these benchmarks; default: all')
  parser.add_argument('--engine', type=names(ENGINES), default=list(ENGINES), metavar='NAME,...',
                      help=f'in these engines; default: {",".join(ENGINES)}')
  parser.add_argument('--rounds', type=int, metavar='N', help='default: 5, or 1 with --quick')
  parser.add_argument('--quick', action='store_true', help='few short samples: to see that it works')
  parser.add_argument('--out', type=Path, default=BENCH.parent / 'build' / 'bench', metavar='DIR',
                      help='where results.json and report.html go; default: build/bench')
  args = parser.parse_args()
  if args.rounds is not None and args.rounds < 1:
    parser.error(f'argument --rounds: {args.rounds} is too few: give 1 or more')
  return args


def check_ready(engines):
  """Says what is to be done where a part is missing."""
  if packages := missing(engines):
    sys.exit(f'bench: missing packages; install them with: sudo apt-get install {" ".join(packages)}')
  if absent := [str(path) for path in COMPILERS.values() if not path.exists()]:
    sys.exit(f'bench: no {", ".join(absent)}; make it with: tools/fork.py setup --for test && '
             'tools/fork.py assemble --stock')


def measure(benchmarks, engines, effort):
  """Builds, runs all rounds, and returns them."""
  temporary = Path(tempfile.mkdtemp(prefix='deputy-bench-'))
  runner = Runner(temporary)
  try:
    rounds = Rounds(benchmarks, engines, effort, runner, say)
    say(f'building {len(benchmarks)} benchmarks')
    rounds.build()
    say(f'running {effort.rounds} rounds in {", ".join(engines)}')
    rounds.run()
    return rounds
  finally:
    runner.close()
    shutil.rmtree(temporary, ignore_errors=True)


def summary(rows):
  return [{**asdict(row.case), 'figures': row.figures and asdict(row.figures), 'failures': row.failures,
           'ratios': {base: asdict(ratio) for base, ratio in row.ratios.items()}} for row in rows]


def main():
  args = parse_args()
  check_ready(args.engine)
  benchmarks = [row for row in BENCHMARKS if not args.only or row.name in args.only]
  effort = Effort(args.rounds or 1, 3, 4, quick=True) if args.quick else Effort(args.rounds or 5, 8, 15)
  about = machine.describe(args.engine)
  if (share := machine.busy()) > machine.QUIET:
    say(f'bench: others use {share:.0%} of all cores: figures will be off')
  started = time.monotonic()
  rounds = measure(benchmarks, args.engine, effort)
  about['load_after'] = machine.load()
  about['busy_before_rounds'] = rounds.busy
  rows = figures.rows(rounds.runs)
  results = {**asdict(effort), 'seconds': round(time.monotonic() - started, 1), 'machine': about,
             'benchmarks': [asdict(row) for row in benchmarks], 'summary': summary(rows),
             'goals': [{**asdict(verdict), 'word': verdict.word} for verdict in figures.verdicts(benchmarks, rows)],
             'runs': [run.as_json() for run in rounds.runs]}
  args.out.mkdir(parents=True, exist_ok=True)
  (args.out / 'results.json').write_text(json.dumps(results, indent=1), encoding='utf-8')
  (args.out / 'report.html').write_text(report.html(benchmarks, rows, results), encoding='utf-8')
  colours = sys.stdout.isatty() and 'NO_COLOR' not in os.environ
  parts = [terminal.table(benchmarks, rows), terminal.goals(benchmarks, rows, colours), str(args.out / 'report.html')]
  say('\n' + '\n\n'.join(filter(None, parts)))
  return 1 if any(not row.figures for row in rows) else 0


if __name__ == '__main__':
  sys.exit(main())
