# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Describes what the figures were measured on: processor, system, load, engines, compilers, revision. run.py puts
# it in results.json and report.py at the report's head.

import datetime
import os
import platform
import subprocess
import time
from pathlib import Path

from harness.browsers import version

from runner.programs import REPO, compiler_versions

QUIET = 0.15  # the share of all cores that others may use


def processor():
  for line in Path('/proc/cpuinfo').read_text(encoding='utf-8').splitlines():
    if line.startswith('model name'):
      return line.partition(':')[2].strip()
  return platform.machine()


def system():
  for line in Path('/etc/os-release').read_text(encoding='utf-8').splitlines():
    if line.startswith('PRETTY_NAME='):
      return line.partition('=')[2].strip('"')
  return platform.system()


def git(*args):
  done = subprocess.run(['git', '-C', str(REPO), *args], capture_output=True, text=True, check=False)
  return done.stdout.strip()


def revision():
  commit = git('rev-parse', '--short=12', 'HEAD') or 'unknown'
  return commit + (' with uncommitted changes' if git('status', '--porcelain') else '')


def hypervisor():
  """Whether this is a virtual machine, where idle cores wake slowly."""
  return ' hypervisor' in Path('/proc/cpuinfo').read_text(encoding='utf-8')


def load():
  return [round(value, 2) for value in os.getloadavg()]


def busy(seconds=0.7):
  """The share of all cores that others use, while the runner itself does nothing."""
  def times():
    fields = Path('/proc/stat').read_text(encoding='utf-8').splitlines()[0].split()[1:9]
    user, nice, system_, idle, iowait, *others = map(int, fields)
    return user + nice + system_ + sum(others), idle + iowait
  used, idle = times()
  time.sleep(seconds)
  used, idle = (after - before for after, before in zip(times(), (used, idle), strict=True))
  return round(used / max(used + idle, 1), 2)


def describe(engines):
  return {
    'date': datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds'),
    'revision': revision(),
    'cpu': processor(),
    'cores': len(os.sched_getaffinity(0)),
    'virtual': hypervisor(),
    'memory_gb': round(os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9, 1),
    'system': system(),
    'kernel': platform.release(),
    'load_before': load(),
    'engines': {engine: version(engine).partition(': ')[2] for engine in engines},
    'compilers': compiler_versions(),
  }
