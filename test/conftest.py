# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# pytest's side of the tests: options, the `engine` parameter, the `build` and `run` fixtures, the report of a
# failing run. The work is done in harness/; its README.md tells test authors what there is.

import fcntl
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness import build as building
from harness.browsers import ENGINES, missing, version
from harness.keeper import die_with_parent
from harness.result import RunFailed
from harness.run import Runner

FORK = building.REPO / 'tools' / 'fork.py'
BUILD = building.REPO / 'build'
RUNS = pytest.StashKey()
# Upstream's runner has them (test_conformance.py).
collect_ignore = ['test_browser_deputy.py', 'test_deputy.py']


def pytest_addoption(parser):
  parser.addoption(
    '--engine', default=','.join(ENGINES), metavar='NAMES',
    help=f'engines to test in, by comma; default and all: {",".join(ENGINES)}')
  parser.addoption(
    '--soak', type=float, default=2, metavar='SECONDS',
    help='how long the tests that do things at random take; default: 2')
  parser.addoption(
    '--programs', default='', metavar='NAMES',
    help='real programs of demo/programs.py to build and run, by comma, or all; default: the quickest to build')


def chosen_engines(config):
  engines = config.getoption('engine').split(',')
  unknown = set(engines) - set(ENGINES)
  if unknown:
    raise pytest.UsageError(f'--engine: no engine {", ".join(sorted(unknown))}; there are {", ".join(ENGINES)}')
  return engines


def pytest_configure(config):
  config.addinivalue_line('markers', 'engines(*names, reason): runs in these engines only')
  config.addinivalue_line('markers', 'browser_only(reason): does not run in Node')
  config.addinivalue_line('markers', 'quiet: times something, so no other test runs beside it')
  if hasattr(config, 'workerinput'):
    die_with_parent()  # an xdist worker would run its test to the end
    return
  if config.option.collectonly:
    return
  packages = missing(chosen_engines(config))
  if packages and os.geteuid() == 0 and FORK.exists():
    subprocess.run([sys.executable, str(FORK), 'setup', '--for', 'test'], check=False)
    packages = missing(chosen_engines(config))
  if packages:
    pytest.exit(f'missing packages; install them with: sudo apt-get install {" ".join(packages)}', 3)


def pytest_report_header(config):
  return [version(engine) for engine in chosen_engines(config)]


def allowed_engines(definition):
  """The engines a test's markers leave, and why the others are not among them."""
  allowed, reasons = set(ENGINES), []
  for marker in definition.iter_markers():
    if marker.name not in {'engines', 'browser_only'}:
      continue
    if not marker.kwargs.get('reason'):
      raise pytest.UsageError(f'{definition.nodeid}: the marker {marker.name} needs a reason=')
    allowed &= set(marker.args) if marker.name == 'engines' else set(ENGINES) - {'node'}
    reasons.append(marker.kwargs['reason'])
  return allowed, '; '.join(reasons)


def pytest_generate_tests(metafunc):
  if 'engine' not in metafunc.fixturenames:
    return
  allowed, reason = allowed_engines(metafunc.definition)
  # One xdist group an engine: the worker that has it starts the only browser of the kind. Quiet tests have one for
  # all: beside them the browsers of the others would not run anyway.
  is_quiet = metafunc.definition.get_closest_marker('quiet')
  metafunc.parametrize('engine', [
    pytest.param(engine, id=engine, marks=[
      pytest.mark.xdist_group('quiet' if is_quiet else engine),
      *([] if engine in allowed else [pytest.mark.skip(reason=f'not in {engine}: {reason}')])])
    for engine in chosen_engines(metafunc.config)])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
  # xdist hands groups out in order: the longest first, which builds the base's libraries, then the engines; quiet
  # tests last, when few others are left to wait for.
  def rank(item):
    if item.get_closest_marker('quiet'):
      return len(ENGINES) + 1
    engine = getattr(item, 'callspec', None) and item.callspec.params.get('engine')
    if engine:
      return ENGINES.index(engine)
    return len(ENGINES) if not item.get_closest_marker('xdist_group') else -1
  items.sort(key=rank)


@contextmanager
def place(is_quiet):
  """Holds the machine, shared with other tests or alone; whoever wants it alone goes before those that come later."""
  BUILD.mkdir(exist_ok=True)
  with (BUILD / 'gate.lock').open('w') as gate, (BUILD / 'room.lock').open('w') as room:
    fcntl.flock(gate, fcntl.LOCK_EX)
    fcntl.flock(room, fcntl.LOCK_EX if is_quiet else fcntl.LOCK_SH)
    if not is_quiet:
      fcntl.flock(gate, fcntl.LOCK_UN)
    yield


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
  with place(item.get_closest_marker('quiet')):
    yield


@pytest.fixture(scope='session')
def runner(tmp_path_factory):
  runner = Runner(tmp_path_factory.mktemp('runs'))
  yield runner
  runner.close()


@pytest.fixture
def run(request, runner):
  """Run a program: `run(program, engine, ...)` gives a Result; a failing test shows every Result it got."""
  runs = request.node.stash.setdefault(RUNS, [])

  def run(*args, **options):
    try:
      result = runner.run(*args, **options)
    except RunFailed as failed:
      runs.append(failed.result)
      raise
    runs.append(result)
    return result
  return run


@pytest.fixture
def build(request):
  """Compile: `build(source, *flags)` gives a Program; paths are relative to the test."""
  here = request.path.parent

  def build(source, *flags):
    sources = [source] if isinstance(source, (str, Path)) else source
    flags = [here / flag if isinstance(flag, Path) else flag for flag in flags]
    return building.build([here / path for path in sources], flags)
  return build


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
  report = (yield).get_result()
  if report.when == 'call' and report.failed:
    for result in item.stash.get(RUNS, []):
      report.sections.append((f'run in {result.engine}', result.describe()))
