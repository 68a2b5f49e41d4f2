# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Calls of promising exports on the UI thread (-sJSPI): many at a time, and with UI_THREAD_WAIT=suspend through waits
# that suspend them. Where the engine has no JSPI the same program runs, and spins. Sources in deputy/test_jspi*.

from pathlib import Path

import pytest
from harness.features import EXCEPTIONS, least

HERE = Path(__file__).parent

PROMISING = [
  'fill', 'fill_together', 'overflow', 'sleep_and_return', 'pause_and_trap', 'pause_and_exit', 'create_and_join', 'sleep_often', 'exclude',
  'wait_through_js', 'hold_and_pause', 'lock_twice', 'join_for_ever',
]
EXPORTS = '-sJSPI_EXPORTS=main,__main_argc_argv,' + ','.join(PROMISING)

MODES = {
  'O0': [],
  'O2': ['-O2'],
  'exnref': EXCEPTIONS['wasm'],
  'legacy': EXCEPTIONS['wasm legacy'],
  'stack check': ['-O1', '-sSTACK_OVERFLOW_CHECK=2'],
  'closure': ['-O2', '--closure=1', '-Werror=closure'],
  'memory growth': ['-O2', '-sALLOW_MEMORY_GROWTH', '-Wno-pthreads-mem-growth'],
}

TOOLS = '''
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const failure = (promise) => promise.then((value) => `no: ${value}`, ({message}) => message);
  // The longest time that the page stands still while `promise` is open.
  async function longestGap(promise) {
    let last = performance.now(), longest = 0;
    const timer = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }, 5);
    await promise;
    clearInterval(timer);
    return longest;
  }
'''


def jspi(build, *flags, wait='suspend', inline='*'):
  return build('deputy/test_jspi.c', '-sDEPUTY_THREAD', f'-sDEPUTY_INLINE_EXPORTS={inline}', '-sMODULARIZE', '-sJSPI', f'-sUI_THREAD_WAIT={wait}', EXPORTS,
               '-Wno-experimental', '-sPTHREAD_POOL_SPARE=0', '--js-library', HERE / 'deputy/test_jspi.js', *flags)


@pytest.fixture
def has_jspi(run, engine):
  return run(None, engine, page_js='return "Suspending" in WebAssembly;').report


@pytest.fixture
def needs_jspi(has_jspi, engine):
  if not has_jspi:
    pytest.skip(f'this {engine} has no JSPI')


# ---- Stacks ------------------------------------------------------------------


@pytest.mark.parametrize(('mode', 'wait'), [*((mode, 'suspend') for mode in MODES), ('O2', 'spin')])
@pytest.mark.usefixtures('needs_jspi')
def test_overlapping_calls(build, run, engine, mode, wait):
  # They end in no order.
  result = run(jspi(build, *MODES[mode], wait=wait), engine, page_js=TOOLS + '''
    const values = Array.from({length: 100}, (unused, i) => i + 1);
    const sums = Promise.all(values.map((value) => Module._fill(value, value * 7 % 11)));
    for (const value of values) {
      if (Module._fill_plainly(value) != value) return `${value} is lost`;
      await pause(1);
    }
    return (await sums).filter((sum, i) => sum != 4096 * values[i]);
  ''')
  assert result.report == []


@pytest.mark.parametrize('threads', [0, 1, 2])
@pytest.mark.usefixtures('needs_jspi')
def test_overlapping_calls_on_threads(build, run, engine, threads):
  # Those of the page's, where they are served.
  result = run(jspi(build, '-O2', f'-sDEPUTY_CALL_THREADS={threads}', wait='spin', inline=''), engine, page_js=TOOLS + '''
    const values = Array.from({length: 100}, (unused, i) => i + 1);
    const sums = Promise.all(values.map((value) => Module._fill(value, value * 7 % 11)));
    for (const value of values) {
      if (await Module._fill_plainly(value) != value) return `${value} is lost`;
      await pause(1);
    }
    return (await sums).filter((sum, i) => sum != 4096 * values[i]);
  ''')
  assert result.report == []


@pytest.mark.usefixtures('needs_jspi')
def test_calls_that_end_together(build, run, engine):
  # Some end, and others go on, before the Promise of the first is settled.
  result = run(jspi(build), engine, page_js='''
    const sums = [];
    for (let round = 0; round < 5; round++) {
      const calls = Array.from({length: 10}, (unused, i) => Module._fill_together(i, 1 + i % 3));
      sums.push(...await Promise.all(calls));
    }
    return sums;
  ''')
  assert result.report == [2 * i for i in range(10)] * 5


@pytest.mark.usefixtures('needs_jspi')
def test_calls_and_main_go_on_together(build, run, engine):
  result = run(jspi(build, '-O2', wait='spin', inline=''), engine, args=['together'], page_js='''
    const sums = [];
    for (let round = 0; round < 20; round++) {
      const calls = Array.from({length: 10}, (unused, i) => Module._fill_together(i, 1 + i % 3));
      sums.push(...await Promise.all(calls));
    }
    return sums;
  ''')
  assert result.report == [2 * i for i in range(10)] * 20


@pytest.mark.usefixtures('needs_jspi')
def test_stack_overflow(build, run, engine):
  result = run(jspi(build, '-O2', '-sJSPI_STACK_SIZE=20000'), engine, survive=True, page_js=TOOLS + '''
    const fits = await Module._overflow(15);
    return [fits, await failure(Module._overflow(25)), await failure(Module.deputy.exited)];
  ''')
  fits, *failures = result.report
  assert fits == sum(range(16))
  for failure in failures:
    assert 'raise JSPI_STACK_SIZE (20000)' in failure


@pytest.mark.usefixtures('needs_jspi')
def test_no_memory_for_a_stack(build, run, engine):
  result = run(jspi(build, '-O2', '-sJSPI_STACK_SIZE=1gb', '-sABORTING_MALLOC=0'), engine, page_js=TOOLS + '''
    return await failure(Module._fill(1, 1));
  ''')
  assert 'JSPI_STACK_SIZE (1073741824)' in result.report


@pytest.mark.usefixtures('needs_jspi')
def test_nothing_is_kept(build, run, engine):
  # No handle of a wait and no stack of a call.
  result = run(jspi(build, '-O2'), engine, page_js='''
    const calls = () => Promise.all([Module._sleep_often(200), Module._fill(1, 0), Module._create_and_join(0)]);
    await calls();
    await calls();
    const before = Module._bytes_used();
    for (let i = 0; i < 5; i++) await calls();
    return Module._bytes_used() - before;
  ''')
  assert result.report < 2000


# ---- Waits -------------------------------------------------------------------


@pytest.mark.quiet
@pytest.mark.parametrize('mode', MODES)
@pytest.mark.usefixtures('needs_jspi')
def test_waits_suspend(build, run, engine, mode):
  # The pool is empty: workers load while the calls wait for their threads.
  def longest_gap():
    result = run(jspi(build, *MODES[mode]), engine, page_js=TOOLS + '''
      await pause(50);
      const calls = Array.from({length: 3}, () => Module._create_and_join(100));
      const gap = await longestGap(Promise.all(calls));
      return [gap, await calls[0], Module.deputy.stats()];
    ''')
    gap, turns, stats = result.report
    assert turns >= 2
    assert stats['waits']['pthread_join']['longestMs'] > 0
    assert stats['waits']['sleep']['longestMs'] > 90
    assert result.stderr == []
    # A stall may last half as long.
    return max(gap, 2 * stats['longestStallMs'])
  assert least(100, longest_gap) < 100


@pytest.mark.parametrize('is_file', [0, 1], ids=['recursive mutex', 'FILE'])
@pytest.mark.usefixtures('needs_jspi')
def test_locks_exclude_calls(build, run, engine, is_file):
  result = run(jspi(build), engine, page_js=f'''
    await Promise.all(Array.from({{length: 5}}, () => Module._exclude({is_file})));
    return Module._times_entered();
  ''')
  assert result.report == 5


@pytest.mark.usefixtures('needs_jspi')
def test_emscripten_sleep(build, run, engine):
  result = run(jspi(build, '-O2'), engine, page_js=TOOLS + '''
    const calls = Array.from({length: 20}, (unused, i) => Module._sleep_and_return(i));
    return Promise.all(calls);
  ''')
  assert result.report == list(range(20))


@pytest.mark.quiet
@pytest.mark.usefixtures('needs_jspi')
@pytest.mark.parametrize('call', ['_wait_plainly', '_wait_through_js'])
def test_what_cannot_suspend_spins(build, run, engine, call):
  # And says so once.
  result = run(jspi(build, '-O2'), engine, page_js=TOOLS + f'''
    for (let i = 0; i < 2; i++) {{
      Module._hold_in_thread(200);
      while (!Module._thread_holds()) await pause(1);
      await Module.{call}();
    }}
    return Module.deputy.stats().longestStallMs;
  ''')
  assert 50 < result.report < 1000
  said = [line for line in result.stderr if 'UI_THREAD_WAIT=suspend' in line]
  assert len(said) == 1
  assert 'promising export (JSPI_EXPORTS)' in said[0]


def test_without_jspi(build, run, engine, has_jspi):
  if has_jspi:
    pytest.skip(f'this {engine} has JSPI')
  result = run(jspi(build, '-O2'), engine, page_js=TOOLS + '''
    await Module.deputy.pool.reserve(3);
    const turns = await Module._create_and_join(50);
    return [turns, await Module._sleep_and_return(30), (await failure(Module._fill(1, 1)))];
  ''')
  turns, slept, failure = result.report
  assert turns == 2
  assert slept == 30
  assert "this engine can't do that" in failure
  said = [line for line in result.stderr if 'UI_THREAD_WAIT=suspend' in line]
  if engine == 'node':
    assert said == []  # Its main thread sleeps.
  else:
    assert len(said) == 1
    assert 'this engine has no JSPI' in said[0]


# ---- Waits that don't end ----------------------------------------------------


@pytest.mark.usefixtures('needs_jspi')
def test_suspended_call_has_the_lock(build, run, engine):
  # A plain call that waits for it can't end, and another that is suspended can.
  result = run(jspi(build, '-O2'), engine, survive=True, page_js=TOOLS + '''
    const first = Module._hold_and_pause(100);
    await Promise.all([first, Module._hold_and_pause(100)]);
    const holder = failure(Module._hold_and_pause(3000));
    let failed;
    try {
      Module._wait_plainly();
    } catch ({message}) {
      failed = message;
    }
    return [failed, await failure(Module.deputy.exited), await holder];
  ''')
  for message in result.report:
    assert 'pthread_mutex_lock' in message
    assert 'That is a suspended call of the UI thread' in message


@pytest.mark.usefixtures('needs_jspi')
def test_certain_deadlock(build, run, engine):
  result = run(jspi(build, '-O2'), engine, survive=True, page_js=TOOLS + '''
    return [await failure(Module._lock_twice()), await failure(Module.deputy.exited)];
  ''')
  for message in result.report:
    assert 'in a suspended call' in message
    assert 'The UI thread holds it itself' in message


@pytest.mark.usefixtures('needs_jspi')
def test_abort_ends_suspended_calls(build, run, engine):
  result = run(jspi(build, '-O2'), engine, survive=True, page_js=TOOLS + '''
    const calls = [failure(Module._join_for_ever()), failure(Module._fill(1, 1000))];
    await pause(50);
    try {
      Module._abort_program();
    } catch {}
    return Promise.all(calls);
  ''')
  assert all('Aborted' in message for message in result.report)


@pytest.mark.usefixtures('needs_jspi')
def test_exit_ends_suspended_calls(build, run, engine):
  result = run(jspi(build, '-O2', '-sEXIT_RUNTIME'), engine, survive=True, page_js=TOOLS + '''
    const status = (promise) => promise.then((value) => `no: ${value}`, ({status}) => status);
    const calls = [status(Module._join_for_ever()), status(Module._fill(1, 1000))];
    await pause(50);
    return [await status(Module._pause_and_exit(7)), ...await Promise.all(calls), await Module.deputy.exited];
  ''')
  assert result.report == [7, 7, 7, 7]


@pytest.mark.usefixtures('needs_jspi')
def test_calls_that_end_badly(build, run, engine):
  # Others go on.
  result = run(jspi(build, '-O2'), engine, survive=True, page_js=TOOLS + '''
    const fill = Module._fill(2, 30);
    const trapped = await failure(Module._pause_and_trap());
    const plainly = Module._fill_plainly(3);
    const exited = await Module._pause_and_exit(7).catch(({status}) => status);
    return [trapped != '', plainly, exited, await Module.deputy.exited, await fill, await Module._fill(4, 0)];
  ''')
  assert result.report == [True, 3, 7, 7, 2 * 4096, 4 * 4096]


# ---- Other ways in -----------------------------------------------------------


@pytest.mark.quiet
def test_embind(build, run, engine, has_jspi):
  program = build('deputy/test_jspi_embind.cpp', '-sDEPUTY_THREAD', '-sMODULARIZE', '-sJSPI', '-Wno-experimental', '-lembind',
                  '-sUI_THREAD_WAIT=suspend', '-sDEPUTY_INLINE_EXPORTS=*', '-sPTHREAD_POOL_SPARE=0', '-O1')

  def longest_gap():
    gap, sums = run(program, engine, page_js=TOOLS + '''
      await Module.deputy.pool.reserve(4);
      const sums = Promise.all([1, 2, 3].map((value) => Module.addInThread(value, 100)));
      return [await longestGap(sums), await sums];
    ''').report
    assert sums == [101, 102, 103]
    return gap if has_jspi else 0
  assert least(100, longest_gap) < 100
