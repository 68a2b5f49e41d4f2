# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# What the UI thread waits for: that it ends, that it is reported when it takes long, and that nobody is left waiting
# when a call ends badly. Sources in deputy/test_wait*.

import json
import re
from pathlib import Path

import pytest
from harness.features import least

pytestmark = pytest.mark.quiet

HERE = Path(__file__).parent
browser_only = pytest.mark.browser_only(reason="Node's main thread can sleep: it waits as any thread does")

BUDGET = 150
# As programs are shipped: upstream's debug builds stop some deadlocks of their own.
RELEASED = ['-O2']

# What page_js calls: a thread holds something, in the order of hold() in test_wait.c, for `ms` from when it returns.
HOLD = '''
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const THINGS = ['mutex', 'write_lock', 'file', 'once', 'join', 'others', 'dead_mutex', 'spin_lock', 'lock', 'free', 'mtx'];
  async function hold(thing, ms) {
    Module._hold(THINGS.indexOf(thing), ms);
    while (!Module._holds()) await pause(1);
    Module._want();
  }
  const failure = (promise) => promise.then((value) => `no: ${value}`, ({message}) => message);
  const abortion = (call) => {
    try {
      call();
      return 'no';
    } catch ({message}) {
      return message;
    }
  };
'''


def waiter(build, *flags, budget=BUDGET):
  return build('deputy/test_wait.c', '-sDEPUTY_THREAD', '-sDEPUTY_INLINE_EXPORTS=*', '-sMODULARIZE', f'-sUI_THREAD_WAIT_BUDGET={budget}',
               '--js-library', HERE / 'deputy/test_wait.js', *flags)


# ---- Waits that end ----------------------------------------------------------

# What waits, what a thread holds meanwhile, what the report calls it, and whether it knows the holder.
WAITS = [
  ('wait_mutex', 'mutex', 'pthread_mutex_lock', True),
  ('wait_mtx', 'mtx', 'pthread_mutex_lock', True),
  ('wait_write_lock', 'write_lock', 'pthread_rwlock_wrlock', True),
  ('wait_read_lock', 'write_lock', 'pthread_rwlock_rdlock', True),
  ('wait_file', 'file', 'flockfile', True),
  ('wait_once', 'once', 'pthread_once', False),
  ('wait_join', 'join', 'pthread_join', False),
  ('wait_sem', 'others', 'sem_wait', False),
  ('wait_cond', 'others', 'pthread_cond_wait', False),
  ('wait_spin_lock', 'spin_lock', 'pthread_spin_lock', False),
  ('wait_lock', 'lock', 'emscripten_lock_wait_acquire', False),
  ('wait_busy_lock', 'lock', 'emscripten_lock_wait_acquire', False),
]


@browser_only
@pytest.mark.parametrize('released', [True, False], ids=['O2', 'O0'])
def test_waits_are_reported(build, run, engine, released):
  result = run(waiter(build, *(RELEASED if released else [])), engine, timeout=60, page_js=HOLD + f'''
    const stats = [];
    for (const [call, thing] of {json.dumps([(call, thing) for call, thing, *_ in WAITS])}) {{
      await hold(thing, 3 * {BUDGET});
      Module['_' + call]();
      stats.push(Module.deputy.stats());
      if (thing == 'others') {{
        // The thread ends when all of them were waited for.
        for (const other of ['wait_sem', 'wait_cond', 'wait_barrier']) if (other != call) Module['_' + other]();
      }}
    }}
    return stats;
  ''')
  reports = '\n'.join(result.stderr).split('the UI thread has waited for ')[1:]
  assert len(reports) == len(WAITS), result.stderr
  total_before = {}
  for (call, _thing, name, knows_holder), report, stats in zip(WAITS, reports, result.report, strict=True):
    assert f'ms in {name} (0x' in report.splitlines()[0], call
    assert 'docs/blocking.md' in report
    assert ('It is held by thread' in report) == knows_holder, call
    if knows_holder:
      assert '"holder"' in report.split('It is held by')[1].split('.')[0]
    assert '(the deputy) "main"' in report
    waits = stats['waits'][name]
    assert waits['count'] >= 1
    assert waits['longestMs'] > BUDGET
    assert waits['totalMs'] >= waits['longestMs'] - 1
    # Two have one name.
    assert waits['totalMs'] - total_before.get(name, 0) > BUDGET, call
    total_before[name] = waits['totalMs']
    assert stats['longestStallMs'] >= waits['longestMs'] - 1


@pytest.mark.parametrize('released', [True, False], ids=['O2', 'O0'])
def test_c11_mutex_has_one_owner(build, run, engine, released):
  run(waiter(build, *(RELEASED if released else [])), engine, args=['mtx'], expect_exit=0)


@browser_only
def test_report_names_the_lock(build, run, engine, tmp_path):
  result = run(waiter(build, f'-Wl,-Map={tmp_path}/program.map'), engine, page_js=HOLD + f'''
    await hold('mutex', 2 * {BUDGET});
    Module._wait_mutex();
    await hold('file', 2 * {BUDGET});
    Module._wait_file();
  ''')
  text = '\n'.join(result.stderr)
  assert re.search(r'in pthread_mutex_lock \(0x[0-9a-f]+ mutex\)', text)
  assert re.search(r'in flockfile \(0x[0-9a-f]+ __stdout_FILE\)', text)


@browser_only
def test_short_wait_is_not_reported(build, run, engine):
  result = run(waiter(build, *RELEASED, budget=5000), engine, page_js=HOLD + '''
    await hold('mutex', 100);
    Module._wait_mutex();
    await hold('mutex', 100);
    const timed = Module._wait_timed(20);
    Module._wait_mutex();
    Module._wait_sleep(30);
    return [timed, Module.deputy.stats().waits.sleep.longestMs >= 29];
  ''')
  assert result.report == [73, True]  # ETIMEDOUT
  assert result.stderr == []


@browser_only
def test_barrier_and_several_waits(build, run, engine):
  run(waiter(build, budget=5000), engine, page_js=HOLD + '''
    await hold('others', 50);
    Module._wait_sem();
    Module._wait_cond();
    Module._wait_barrier();
    Module._wait_join();
  ''')


@browser_only
def test_create_and_join(build, run, engine):
  # Of a worker that is idle.
  run(waiter(build), engine, page_js='''
    for (let i = 0; i < 200; i++) {
      await Module.deputy.pool.reserve(1);
      Module._create_and_join();
    }
  ''')


# ---- Waits that don't --------------------------------------------------------


def assert_ended(result, *texts):
  """The call threw, `exited` rejected, and both say why."""
  for message in result.report:
    assert 'Aborted' in message
    for text in texts:
      assert text in message


@browser_only
def test_mutex_for_ever(build, run, engine):
  def took():
    result = run(waiter(build, *RELEASED), engine, page_js=HOLD + '''
      await hold('mutex', 1e6);
      const start = performance.now();
      const message = abortion(Module._wait_mutex);
      const took = performance.now() - start;
      return [message, await failure(Module.deputy.exited), took];
    ''')
    *result.report, took = result.report
    assert took >= 10 * BUDGET
    assert_ended(result, 'in pthread_mutex_lock (0x', '"holder"', 'waits in sleep')
    return took
  assert least(12 * BUDGET, took) < 12 * BUDGET


@pytest.mark.parametrize('malloc', ['emmalloc', 'emmalloc-debug'])
def test_holder_of_malloc_died(build, run, engine, malloc):
  # Also in Node: nobody holds this lock for long.
  result = run(waiter(build, *RELEASED, f'-sMALLOC={malloc}'), engine, survive=True, page_js=HOLD + '''
    await hold('free', 0);
    await pause(50);
    return [abortion(Module._wait_malloc), await failure(Module.deputy.exited)];
  ''')
  assert 'ms in malloc (0x' in result.report[0]


@pytest.mark.parametrize('way', ['lock_twice', 'dead_holder'])
def test_certain_deadlock(build, run, engine, way):
  # At once.
  result = run(waiter(build, *RELEASED, budget=5000), engine, survive=True, page_js=HOLD + f'''
    if ('{way}' == 'dead_holder') await hold('dead_mutex', 0);
    await pause(200);
    const start = performance.now();
    const message = abortion('{way}' == 'dead_holder' ? Module._wait_mutex : Module._lock_twice);
    const took = performance.now() - start;
    if (took > 1000) throw new Error(`after ${{took}} ms`);
    return [message];
  ''')
  assert_ended(result, 'in pthread_mutex_lock', 'The UI thread holds it itself' if way == 'lock_twice' else
               'That thread has ended')


@browser_only
def test_holder_waits_for_the_call(build, run, engine):
  result = run(waiter(build, *RELEASED, budget=5000), engine, page_js=HOLD + '''
    const start = performance.now();
    Module._deadlock();
    const message = await failure(Module.deputy.exited);
    const took = performance.now() - start;
    if (took > 2000) throw new Error(`after ${took} ms`);
    return [message];
  ''')
  assert_ended(result, 'pthread_mutex_lock', '"caller"', 'a call that the UI thread is in the middle of')


@browser_only
def test_join_without_worker(build, run, engine):
  # Which the UI thread would have to load.
  result = run(waiter(build, '-sPTHREAD_POOL_SPARE=0'), engine, page_js=HOLD + f'''
    const start = performance.now();
    const message = abortion(Module._create_and_join);
    const took = performance.now() - start;
    if (took > 3 * {BUDGET} + 500) throw new Error(`after ${{took}} ms`);
    return [message, await failure(Module.deputy.exited)];
  ''')
  assert_ended(result, 'in pthread_join', 'The thread has not started', 'no worker has loaded for it')


@browser_only
def test_proxy_to_a_busy_thread(build, run, engine):
  result = run(waiter(build), engine, page_js=HOLD + '''
    await hold('join', 1e6);
    return [abortion(Module._wait_proxy)];
  ''')
  assert_ended(result, 'in emscripten_proxy_sync', '"holder" waits in sleep')


# As libdeputy_wait.js has it.
MOMENT_MS = 50


@browser_only
@pytest.mark.parametrize('flag', ['-sUI_THREAD_WAIT=abort', '-sALLOW_BLOCKING_ON_MAIN_THREAD=0'])
def test_abort_mode(build, run, engine, flag):
  program = waiter(build, *RELEASED, flag, budget=5000)

  def moment():
    return run(program, engine, page_js=HOLD + '''
      await hold('mutex', 0);
      const start = performance.now();
      try {
        Module._wait_mutex();
      } catch (e) {
        return 1e9;
      }
      return performance.now() - start;
    ''').report
  # Locks may be waited for, for a moment.
  assert least(MOMENT_MS, moment) < MOMENT_MS
  result = run(program, engine, page_js=HOLD + '''
    await hold('mutex', 1e6);
    const start = performance.now();
    const message = abortion(Module._wait_mutex);
    if (performance.now() - start > 1000) throw new Error('too late');
    return [message];
  ''')
  assert_ended(result, 'pthread_mutex_lock', 'UI_THREAD_WAIT=abort')
  result = run(program, engine, page_js=HOLD + '''
    await hold('join', 1000);
    const start = performance.now();
    const message = abortion(Module._wait_join);
    if (performance.now() - start > 500) throw new Error('too late');
    return [message];
  ''')
  assert_ended(result, 'pthread_join')


# ---- What it does meanwhile --------------------------------------------------


def test_calls_are_served_in_calls(build, run, engine):
  # Nested ones, of the system's queue and of the program's own.
  run(waiter(build, budget=5000), engine, args=['nest'], expect_exit=0, timeout=10)


@pytest.mark.parametrize('exit_runtime', [True, False], ids=['runtime_exits', 'runtime_stays'])
def test_exit_while_others_print(build, run, engine, exit_runtime):
  result = run(waiter(build, '-O1', *(['-sEXIT_RUNTIME'] if exit_runtime else []), budget=5000), engine, args=['exit'],
               expect_exit=7, timeout=10)
  assert not [line for line in result.stderr if 'the UI thread has waited' in line]


def test_print_on_both_sides(build, run, engine):
  run(waiter(build, budget=5000), engine, args=['print'], expect_exit=7, timeout=10)


# ---- Calls that end badly ----------------------------------------------------

@pytest.mark.parametrize('way', ['throw', 'reject'])
def test_call_throws(build, run, engine, way):
  result = run(waiter(build), engine, args=[way], survive=True, page_js='''
    return Module.deputy.exited.then(() => 'resolved', ({name, message}) => [name, message]);
  ''')
  assert result.report == ['TypeError', f'{"thrown" if way == "throw" else "rejected"} for a test']
  assert result.stdout == []
  assert any(f'{result.report[1]}' in line for line in result.stderr)


def test_target_traps(build, run, engine):
  # Whoever waits for its call is told.
  result = run(waiter(build), engine, args=['trap'], survive=True, page_js='''
    const end = performance.now() + 5000;
    while (performance.now() < end && !globalThis.isTold) await new Promise((resolve) => setTimeout(resolve, 20));
    return globalThis.isTold;
  ''', module="{print(text) { globalThis.isTold = text == 'told'; }}")
  assert result.report


def test_names(build, run, engine):
  run(waiter(build), engine, args=['name'], expect_exit=0)
