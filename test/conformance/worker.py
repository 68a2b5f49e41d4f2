#!/usr/bin/env python3
# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Runs upstream's own tests, in the tree they belong to, and says as JSON lines how each ended.

  worker.py TREE list              every test: {"test": "core0.test_x", "source": "def test_x..."}
  worker.py TREE run NUMBER FILE   those that the file names, one after the other, as they end

What upstream's test/runner does in each of its processes is done here with its own functions. A process of our
own, instead of the runner's whole, can be ended when a test hangs, and loses no other test's result then.
NUMBER is the process's own: its browser's profile and port.
"""

import contextlib
import inspect
import json
import logging
import os
import sys
import unittest
from pathlib import Path

# Of a message, what is kept, in characters: also what stands before the linker's whole command.
TAIL = 20_000


def load(tree):
  """Upstream's runner, and the modules with its tests."""
  sys.path[:0] = [str(tree / 'test'), str(tree)]
  os.chdir(tree)
  import runner
  if suite := os.environ.get('DEPUTY_POSIXTESTSUITE'):
    inside = runner.common.path_from_root
    runner.common.path_from_root = (
      lambda *parts: suite if parts == ('test/third_party/posixtestsuite',) else inside(*parts))
  with contextlib.redirect_stdout(sys.stderr):
    modules = runner.get_and_import_modules()
    runner.configure()
  return runner, modules


def source_of(test_class, name):
  function = inspect.unwrap(getattr(test_class, name))
  try:
    return inspect.getsource(function)
  except OSError:
    return ''


def list_tests(runner, modules):
  for name in sorted(set(runner.get_all_tests(modules))):
    suite, test = name.split('.')
    test_class = next(getattr(module, suite) for module in modules if hasattr(module, suite))
    print(json.dumps({'test': name, 'source': source_of(test_class, test)}))


def describe(result):
  """A result of upstream's, as a line of ours."""
  said = [text for _test, text in [*result.failures, *result.errors, *result.expectedFailures, *result.skipped]]
  return {'result': result.test_result, 'seconds': round(result.elapsed, 2), 'message': '\n'.join(said)[-TAIL:]}


def run_tests(modules, number, names):
  import browser_common
  import parallel_testsuite
  browser_common.worker_id = number
  lines = os.fdopen(os.dup(1), 'w')
  os.dup2(2, 1)

  for name in names:
    module = next(module for module in modules if hasattr(module, name.split('.')[0]))
    test, = unittest.TestLoader().loadTestsFromName(name, module)
    test.is_parallel = True
    try:
      said = describe(parallel_testsuite.run_test((test, None, True)))
    except Exception as error:
      said = {'result': 'errored', 'seconds': 0, 'message': repr(error)}
    print(json.dumps({'test': name, **said}), file=lines, flush=True)
  parallel_testsuite.tear_down()


def main():
  tree, verb, *rest = sys.argv[1:]
  runner, modules = load(Path(tree).resolve())
  logging.disable(logging.WARNING)
  if verb == 'list':
    list_tests(runner, modules)
  else:
    number, file = rest
    run_tests(modules, int(number), Path(file).read_text(encoding='utf-8').split())


if __name__ == '__main__':
  main()
