#!/usr/bin/env python3
# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Fuzz the pure logic for a time, split over the targets: make fuzz.

With clang by libFuzzer, which keeps what it finds interesting in build/fuzz/<target>/ and begins with that and
corpus/<target>/; without, by the target's own random inputs. An input that fails stays in build/fuzz/.
"""

import argparse
import math
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

NATIVE = Path(__file__).resolve().parent
REPO = NATIVE.parents[1]
OUT = REPO / 'build' / 'fuzz'

# The longest input of each target.
TARGETS = {'call_ring': 20000, 'worker_pool': 400}

FLAGS = ['-std=c++20', '-g', '-O1', '-I', REPO / 'system/lib/deputy', '-fno-sanitize-recover=all']


def build(target):
  """Compile a target. Returns whether libFuzzer drives it."""
  source, program = NATIVE / f'{target}_fuzz.cpp', OUT / f'{target}_fuzz'
  if shutil.which('clang++'):
    command = ['clang++', *FLAGS, '-fsanitize=fuzzer,address,undefined', source, '-o', program]
    if not subprocess.run(command, check=False).returncode:
      return True
    print('clang++ has no libFuzzer', flush=True)
  if not shutil.which('g++'):
    sys.exit('fuzz.py: error: there is no compiler\n  next: apt-get install clang libclang-rt-dev, or g++')
  subprocess.run(['g++', *FLAGS, '-fsanitize=address,undefined', '-DDRIVER', source, '-o', program], check=True)
  return False


def fuzz(target, seconds):
  """Fuzz one target. Returns whether nothing failed."""
  own = OUT / target
  own.mkdir(parents=True, exist_ok=True)
  has_libfuzzer = build(target)
  print(f'== {target}, {seconds:.0f} s', flush=True)
  if has_libfuzzer:
    arguments = [f'-max_total_time={max(1, round(seconds))}', f'-max_len={TARGETS[target]}', '-len_control=20',
                 '-timeout=10', '-print_final_stats=1', f'-artifact_prefix={OUT}/{target}-',
                 own, NATIVE / 'corpus' / target]
  else:
    arguments = [seconds, int(time.time())]
    print(f'seed {arguments[1]}', flush=True)
  done = subprocess.run([OUT / f'{target}_fuzz', *map(str, arguments)], check=False)
  if done.returncode:
    again = f'{OUT}/{target}-* is the input: {OUT}/{target}_fuzz FILE' if has_libfuzzer else shlex.join([f'{OUT}/{target}_fuzz', *map(str, arguments)])
    print(f'FAILED: {target}; {again} runs it again')
  return not done.returncode


def duration(text):
  """An argument: seconds."""
  seconds = float(text)
  if not 0 < seconds < math.inf:
    raise argparse.ArgumentTypeError(f'{text} s is no time to fuzz for: give a number above 0')
  return seconds


def main(argv):
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument('seconds', nargs='?', type=duration, default=120, metavar='SECONDS', help='for all targets together; default: 120')
  parser.add_argument('targets', nargs='*', choices=TARGETS, metavar='TARGET', help=f'default: all of {", ".join(TARGETS)}')
  args = parser.parse_args(argv)
  targets = args.targets or list(TARGETS)
  passed = [fuzz(target, args.seconds / len(targets)) for target in targets]
  return 0 if all(passed) else 1


if __name__ == '__main__':
  sys.exit(main(sys.argv[1:]))
