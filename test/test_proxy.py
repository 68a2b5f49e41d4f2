# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Calls from one thread to another, and what threads print. Source: deputy/test_proxy.cpp; and upstream's own tests of
# its API.

from pathlib import Path

import pytest

UPSTREAM = Path(__file__).parent.parent / 'build/base/test/pthread'


def program(build, *flags):
  return build('deputy/test_proxy.cpp', '-sDEPUTY_THREAD', '-O1', '-sEXIT_RUNTIME', *flags)


@pytest.mark.parametrize('way', ['order', 'kinds', 'ends', 'burst'])
def test_calls(build, run, engine, way):
  run(program(build), engine, args=[way], expect_exit=0)


# The most waits that the page has for its mailbox, or anything else, at a time.
COUNT_WAITS = '''(() => {
  const {waitAsync} = Atomics;
  let waits = 0;
  globalThis.mostWaits = 0;
  Atomics.waitAsync = (...args) => {
    const wait = waitAsync(...args);
    if (wait.async) {
      mostWaits = Math.max(mostWaits, ++waits);
      wait.value.then(() => waits--);
    }
    return wait;
  };
  return {};
})()'''


def test_one_wait(build, run, engine):
  result = run(program(build), engine, args=['burst'], module=COUNT_WAITS, expect_exit=0, page_js='''
    await Module.deputy.exited;
    return mostWaits;
  ''')
  assert result.report == 1


UPSTREAM_TESTS = [
  'test_pthread_proxying.c',
  'test_pthread_proxying_canceled_work.c',
  'test_pthread_proxying_cpp.cpp',
  'test_pthread_proxying_dropped_work.c',
  'test_pthread_proxying_in_futex_wait.c',
  'test_pthread_proxying_refcount.c',
]


@pytest.mark.parametrize('source', UPSTREAM_TESTS)
def test_upstream(build, run, engine, source):
  # refcount looks into upstream's queues. Two say on the console alone that they are done.
  path = UPSTREAM / source
  result = run(build(path, '-sDEPUTY_THREAD', '-sEXIT_RUNTIME', f'-I{UPSTREAM.parent.parent}/system/lib/pthread'), engine,
               expect_exit=0)
  expected = path.with_suffix('.out')
  if expected.exists() and 'emscripten_console_log' not in path.read_text():
    assert '\n'.join(result.stdout).strip() == expected.read_text().strip()


# ---- Output ------------------------------------------------------------------


def test_print(build, run, engine):
  # Nothing lost, at exit neither, and each thread's lines in its order.
  result = run(program(build), engine, args=['print'], expect_exit=0)
  lines = [line.split(': ') for line in result.stdout]
  assert len(lines) == 2000
  for printer in range(4):
    assert [int(number) for name, number in lines if int(name) == printer] == list(range(500))
  assert [line for line in result.stderr if line.startswith('last')] == [f'last {i}' for i in range(100)]


def test_print_in_order_with_calls(build, run, engine):
  result = run(program(build), engine, args=['console'], expect_exit=0)
  assert result.stdout == [f'{what} {i}' for i in range(20) for what in ('printed', 'called')]


def test_print_before_trap(build, run, engine):
  result = run(program(build, '-sMODULARIZE'), engine, args=['trap'], page_js='''
    if (!globalThis.document) process.on('uncaughtException', () => {});
    return Module.deputy.exited.then(() => 'no', ({message}) => message);
  ''')
  assert 'unreachable' in result.report.lower()
  assert result.stdout == [str(i) for i in range(100)]


def test_redirected(build, run, engine):
  result = run(program(build), engine, args=['files'], expect_exit=0)
  assert result.stdout == ['before', 'after', 'again']


def test_flood(build, run, engine):
  result = run(program(build), engine, args=['flood'], expect_exit=0)
  assert len(result.stdout) == 1500
  assert {len(line) for line in result.stdout} == {9999}
