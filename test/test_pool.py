# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# The pool of workers: how many there are, how threads come to them without the UI thread, what becomes of both when
# something fails, and that whatever a thread may do it may still do. Sources in deputy/test_pool_*.

from pathlib import Path

import pytest
from harness.features import need
from harness.server import Answer

HERE = Path(__file__).parent
browser_only = pytest.mark.browser_only(reason='about pages and what serves them')
node_only = pytest.mark.engines('node', reason='a page has no process that ends, and is not told of a worker that does')

# What page_js waits with: for a state, 10 s at most.
UNTIL = '''
  const {pool} = Module.deputy;
  // Node waits for what page_js waits for.
  setInterval(() => {}, 1000);
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  async function until(condition) {
    const end = performance.now() + 10000;
    while (!condition()) {
      if (performance.now() > end) throw new Error(`never: ${condition}, ${JSON.stringify(pool)}`);
      await pause(1);
    }
  }
  const failure = (promise) => promise.then(() => 'none', ({name}) => name);
'''

# Every Worker is noted, and whether it was ended.
NOTE = '''(() => {
  const place = globalThis.document ? globalThis : process.getBuiltinModule('node:worker_threads');
  globalThis.noted = [];
  place.Worker = class extends place.Worker {
    constructor(...args) {
      super(...args);
      noted.push(this);
    }
    terminate() {
      this.isEnded = true;
      return super.terminate();
    }
  };
  return {};
})()'''


def build_and_check(build, run, engine, source, *flags, **options):
  result = run(build(f'deputy/{source}', '-sDEPUTY_THREAD', *flags), engine, expect_exit=0, **options)
  result.check_out((HERE / 'deputy' / source).with_suffix('.out'))
  assert result.errors == []
  return result


def serve(build, *flags):
  return build('deputy/test_pool_serve.c', '-sDEPUTY_THREAD', '-sDEPUTY_INLINE_EXPORTS=*', '-sMODULARIZE', *flags)


# ---- Settings ----------------------------------------------------------------

SIZES = {
  # Settings: workers at rest, and with five threads besides the deputy.
  'size': (['-sPTHREAD_POOL_SIZE=3', '-sPTHREAD_POOL_SPARE=0'], 3, 6),
  'spare': (['-sPTHREAD_POOL_SPARE=2'], 3, 8),
}


@pytest.mark.parametrize('settings', SIZES)
def test_size_follows_settings(build, run, engine, settings):
  flags, at_rest, with_five = SIZES[settings]
  result = run(serve(build, '-sPTHREAD_POOL_IDLE_TIMEOUT=20', *flags), engine, page_js=UNTIL + f'''
    await Module.pthreadPoolReady;
    await until(() => pool.size == {at_rest} && pool.idle == {at_rest} - 1);
    for (let i = 0; i < 2; i++) {{
      if (Module._hold(5)) throw new Error('a thread was not created');
      await until(() => pool.size == {with_five} && pool.idle == {with_five} - 6 && pool.live == 6);
      Module._let_go();
      await until(() => pool.size == {at_rest} && pool.idle == {at_rest} - 1 && pool.live == 1);
    }}
    // Those that are left stay.
    const end = performance.now() + 100;
    let least = pool.size;
    while (performance.now() < end) {{
      least = Math.min(least, pool.size);
      await pause(5);
    }}
    return [least, pool.queued];
  ''')
  assert result.report == [at_rest, 0]


def test_idle_workers_stay(build, run, engine):
  # PTHREAD_POOL_IDLE_TIMEOUT=0; until it is set to something else.
  program = serve(build, '-sPTHREAD_POOL_SPARE=0', '-sPTHREAD_POOL_IDLE_TIMEOUT=0')
  result = run(program, engine, page_js=UNTIL + '''
    Module._hold(3);
    await until(() => pool.size == 4 && !pool.queued);
    Module._let_go();
    await until(() => pool.idle == 3);
    await pause(100);
    const before = pool.size;
    pool.idleTimeout = 10;
    await until(() => pool.size == 1);
    return before;
  ''')
  assert result.report == 4


def test_default_spare(build, run, engine):
  result = run(serve(build), engine, page_js=UNTIL + '''
    const cores = globalThis.navigator?.hardwareConcurrency ??
      process.getBuiltinModule('node:os').availableParallelism();
    await until(() => pool.idle == pool.spare);
    return [pool.spare == Math.min(4, Math.ceil(cores / 2)), pool.max, pool.idleTimeout, pool.live, pool.queued];
  ''')
  assert result.report == [True, 500, 5000, 1, 0]


def test_set_from_javascript(build, run, engine):
  result = run(serve(build, '-sPTHREAD_POOL_SPARE=0'), engine, page_js=UNTIL + '''
    pool.spare = 2;
    await until(() => pool.idle == 2);
    pool.size = 5;
    await until(() => pool.idle == 4);
    const error = (set) => {
      try {
        set();
        return 'none';
      } catch (e) {
        return e.name;
      }
    };
    const errors = [
      () => { pool.size = -1; }, () => { pool.size = 513; }, () => { pool.spare = -1; }, () => { pool.spare = 513; },
      () => { pool.max = 0; }, () => { pool.max = 513; }, () => { pool.idleTimeout = -1; }].map(error);
    const kept = [pool.size, pool.spare, pool.max, pool.idleTimeout];
    // The limit, of threads that are created from now on: EAGAIN is 6.
    pool.max = 3;
    const created = [Module._hold(2), Module._hold(1)];
    pool.max = 4;
    created.push(Module._hold(1), Module._hold(1), pool.live);
    Module._let_go();
    pool.size = pool.spare = 0;
    pool.idleTimeout = 10;
    await until(() => pool.size == 1);
    return {errors, kept, created};
  ''')
  assert result.report == {'errors': ['RangeError'] * 7, 'kept': [5, 2, 500, 5000], 'created': [0, 6, 0, 6, 4]}


@pytest.mark.parametrize('case', ['setters', 'shrink', 'limit_of_workers', 'reserve', 'reserve_errors'])
def test_settings(build, run, engine, case):
  run(build('deputy/test_pool_settings.c', '-sDEPUTY_THREAD', '-sPTHREAD_POOL_SPARE=0',
            '-sEXPORTED_FUNCTIONS=_main,_emscripten_deputy_pool_reserve'), engine, args=[case], expect_exit=0)


def test_limit_of_threads(build, run, engine):
  run(build('deputy/test_pool_settings.c', '-sDEPUTY_THREAD', '-sPTHREAD_POOL_SIZE_MAX=4'), engine,
      args=['limit_of_threads'], expect_exit=0)


def test_before_the_start(build, run, engine):
  # There is no runtime yet: figures are 0, settings are refused, a reservation waits.
  result = run(serve(build, '-sPTHREAD_POOL_SPARE=0'), engine, module='''{
    preRun: [(Module) => {
      const {pool} = Module.deputy;
      globalThis.early = {figures: [pool.size, pool.max, pool.live]};
      try {
        pool.spare = 1;
      } catch ({message}) {
        early.refusal = message;
      }
      early.reservation = pool.reserve(2);
      early.stats = Module.deputy.stats();
    }],
  }''', page_js=UNTIL + '''
    await early.reservation;
    const {size} = Module.deputy.pool;
    Module.deputy.terminate();
    return [early.figures, early.refusal, early.stats, size, await failure(Module.deputy.pool.reserve(1))];
  ''')
  assert result.report == [[0, 0, 0], 'the pool can be changed when Module.deputy.started has resolved',
                           {'waits': {}, 'callsServed': 0, 'longestStallMs': 0}, 3, 'Error']


# ---- reserve() ---------------------------------------------------------------


def test_reserve_from_javascript(build, run, engine):
  program = serve(build, '-sPTHREAD_POOL_SPARE=0')
  result = run(program, engine, page_js=UNTIL + '''
    const first = await pool.reserve(4);
    const size = pool.size;
    await until(() => pool.idle == 4);
    Module._hold(4);
    // All of them went straight to a worker: this thread, which could load more, has done nothing else.
    const burst = [pool.queued, pool.idle, pool.size];
    const errors = [await failure(pool.reserve(-1)), await failure(pool.reserve(pool.max))];
    // Of two at a time each gets what it asked for.
    const both = await Promise.all([pool.reserve(1), pool.reserve(3)]);
    return {first: first === undefined, size, burst, errors, both: both.length, then: pool.size};
  ''')
  assert result.report == {
    'first': True, 'size': 5, 'burst': [0, 0, 5], 'errors': ['RangeError', 'RangeError'], 'both': 2, 'then': 8}


# How many workers are on their way, at most; as on a machine with one core.
COUNT_LOADING = '''(() => {
  const node = globalThis.process?.getBuiltinModule('node:os');
  if (node) node.availableParallelism = () => 1;
  else Object.defineProperty(navigator, 'hardwareConcurrency', {value: 1});
  const place = node ? process.getBuiltinModule('node:worker_threads') : globalThis;
  let loading = 0;
  globalThis.mostLoading = 0;
  place.Worker = class extends place.Worker {
    constructor(...args) {
      super(...args);
      mostLoading = Math.max(mostLoading, ++loading);
      (this.on ?? this.addEventListener).call(this, 'message', (e) => {
        if ((e.data ?? e).deputyPool == 'loaded') loading--;
      });
    }
  };
  return {};
})()'''


def test_few_load_at_a_time(build, run, engine):
  # Each takes its part of the cores from the page.
  result = run(serve(build, '-sPTHREAD_POOL_SPARE=0'), engine, module=COUNT_LOADING, page_js='''
    await Module.deputy.pool.reserve(20);
    return [mostLoading, Module.deputy.pool.size];
  ''')
  assert result.report == [8, 21]


@pytest.mark.engines('node', reason='a page has no end of its own')
def test_reserve_is_waited_for(build, run, engine):
  # By the process, also where idle workers and the deputy don't hold it.
  result = run(serve(build, '-sPTHREAD_POOL_SPARE=0'), engine, page_js='''
    await Module.deputy.pool.reserve(3);
    return Module.deputy.pool.size;
  ''')
  assert result.report == 4


def test_reserve_outlasts_the_timeout(build, run, engine):
  # Workers take longer to load than they may be idle.
  program = build('deputy/test_pool_settings.c', '-sDEPUTY_THREAD', '-sPTHREAD_POOL_SPARE=0',
                  '-sPTHREAD_POOL_IDLE_TIMEOUT=1')
  run(program, engine, args=['reserve_against_timeout'], expect_exit=0)


# ---- Threads come and go -----------------------------------------------------


@pytest.mark.parametrize('case', ['pairs', 'eights', 'detached'])
def test_churn(build, run, engine, case):
  # With assertions, and as programs are shipped.
  flags = ['-O2', '-sALLOW_MEMORY_GROWTH', '-Wno-pthreads-mem-growth', '-UNDEBUG'] if case == 'pairs' else ['-O1']
  program = build('deputy/test_pool_churn.c', '-sDEPUTY_THREAD', '-sPTHREAD_POOL_SPARE=2', *flags)
  run(program, engine, args=[case], expect_exit=0, timeout=60)


def test_ui_thread_is_not_asked(build, run, engine):
  build_and_check(build, run, engine, 'test_pool_busy.c', '-sPTHREAD_POOL_SPARE=0')


def test_thread_data_on_one_worker(build, run, engine):
  build_and_check(build, run, engine, 'test_pool_data.cpp')


def test_attributes(build, run, engine):
  build_and_check(build, run, engine, 'test_pool_attributes.c')


def test_cancel_and_kill(build, run, engine):
  assert build_and_check(build, run, engine, 'test_pool_cancel.c').stderr == []


def test_event_loop(build, run, engine):
  assert build_and_check(build, run, engine, 'test_pool_event_loop.c').stderr == []


def test_timer_ends_with_its_thread(build, run, engine):
  build_and_check(build, run, engine, 'test_pool_timer.c')


def test_proxy(build, run, engine):
  # No complaint about messages to threads that have no worker yet, or no more.
  assert build_and_check(build, run, engine, 'test_pool_proxy.c').stderr == []


def test_kinds_of_threads(build, run, engine):
  build_and_check(build, run, engine, 'test_pool_kinds.cpp', '-fopenmp', '-fexceptions')


def test_threads_are_listed(build, run, engine):
  # PThread.pthreads, upstream's, also after workers have left.
  program = serve(build, '-sPTHREAD_POOL_SPARE=0', '-sPTHREAD_POOL_IDLE_TIMEOUT=10', '-sEXPORTED_RUNTIME_METHODS=PThread')
  result = run(program, engine, module=NOTE, page_js=UNTIL + '''
    const {pthreads} = Module.PThread;
    const list = () => [Object.keys(pthreads).length, Object.values(pthreads).every((worker) => worker?.postMessage)];
    Module._hold(3);
    await until(() => pool.size == 4 && !pool.queued && !pool.idle);
    const four = list();
    Module._let_go();
    await until(() => noted.filter(({isEnded}) => !isEnded).length == 1);
    return [four, list(), Module.deputy.thread in pthreads, 4 in pthreads];
  ''')
  assert result.report == [[4, True], [1, True], True, False]


# ---- Modes of emcc -----------------------------------------------------------


def test_asyncify(build, run, engine):
  build_and_check(build, run, engine, 'test_pool_sleep.c', '-sASYNCIFY', '-O1', '-DLOST(result)=0')


def test_jspi(build, run, engine):
  build_and_check(build, run, engine, 'test_pool_sleep.c', '-sJSPI', '-O1', '-Wno-experimental')


def test_dlopen(build, run, engine):
  # emcc names a side module .wasm by itself, the harness every output .js.
  side = build('deputy/test_pool_side.c', '-pthread', '-sSIDE_MODULE=2', '-sEXPORTED_FUNCTIONS=_side_entry', '-Wno-emcc')
  build_and_check(build, run, engine, 'test_pool_dlopen.c', '-sMAIN_MODULE=2', '-O1', '-Wno-experimental',
                  # Of the library, what the side module needs for its thread-local data.
                  '-sEXPORTED_FUNCTIONS=_main,_emscripten_builtin_memalign,_emscripten_builtin_free',
                  '--embed-file', f'{side.path}@/side.wasm')


def test_dlopen_needed(build, run, engine):
  source, side_flags = 'deputy/test_pool_needed.c', ['-pthread', '-sSIDE_MODULE=2', '-Wno-emcc']
  needed = build(source, '-DNEEDED', *side_flags, '-sEXPORTED_FUNCTIONS=_needed')
  side = build(source, '-DSIDE', *side_flags, '-sEXPORTED_FUNCTIONS=_side', str(needed.path), '-Wl,-rpath,/lib')
  build_and_check(build, run, engine, 'test_pool_needed.c', '-sMAIN_MODULE=2', '-O1', '-Wno-experimental',
                  '--embed-file', f'{side.path}@/side.wasm', '--embed-file', f'{needed.path}@/lib/{needed.path.name}')


def test_threadprofiler(build, run, engine):
  # It stops when the runtime exits.
  program = build('deputy/test_pool_profiler.c', '-sDEPUTY_THREAD', '-sEXIT_RUNTIME', '--threadprofiler')
  result = run(program, engine, expect_exit=0)
  listed = '\n'.join([*result.stdout, *(entry['text'] for entry in result.console)])
  assert 'Thread "one"' in listed
  assert 'Thread "other"' in listed


# Which canvases the deputy gets, and what their holder calls the two that it hands on.
CANVASES = {'deputy': ('#one,#other', ['one', 'other']), 'page': ('#third', ['#one', '#other'])}


@browser_only
@pytest.mark.parametrize('holder', CANVASES)
def test_offscreen_canvas(build, run, engine, holder):
  need(run, engine, 'OffscreenCanvas', 'HTMLCanvasElement.prototype.transferControlToOffscreen')
  to_deputy, names = CANVASES[holder]
  canvases = ''.join(f'<canvas id="{name}"></canvas>' for name in ('one', 'other', 'third'))
  build_and_check(build, run, engine, 'test_pool_canvas.c', '-sOFFSCREENCANVAS_SUPPORT', '-lGL',
                  '-sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE=$GL', f'-sOFFSCREENCANVASES_TO_PTHREAD={to_deputy}', args=names,
                  page=f'<!doctype html><html><head></head><body>{canvases}</body></html>')


# ---- Faults ------------------------------------------------------------------

REPORT = 'no more workers for pthreads can be had'
# From now on workers can't be had, in the way that globalThis.refusal names.
PATCH = '''
  const {Worker} = globalThis;
  globalThis.Worker = function(url, options) {
    if (globalThis.refusal == 'throws') throw new Error('no worker for you');
    return new Worker(globalThis.refusal == 'missing' ? 'gone.js' : url, options);
  };
'''


def faults(build):
  return build('deputy/test_pool_faults.c', '-sDEPUTY_THREAD', '-sDEPUTY_INLINE_EXPORTS=*', '-sMODULARIZE', '-sPTHREAD_POOL_SPARE=0',
               '-Wl,--wrap=_emscripten_deputy_pool_enter')


def refused(threads):
  return [f'{threads} of {threads} cancelled', '1 workers, 1 threads, 0 queued',
          *['reserve: EAGAIN', 'create: EAGAIN'] * 2]


@browser_only
@pytest.mark.parametrize('threads', [1, 4])
def test_worker_script_is_gone(build, run, engine, threads):
  program = faults(build)
  # The page and the deputy got it.
  result = run(program, engine, args=[threads], rules={program.js: Answer(status=404, skip=2)}, expect_exit=0,
               page_js='Module._go();')
  assert result.stdout == refused(threads)
  # Once for each of the three times that it was tried.
  reports = [line for line in result.stderr if REPORT in line]
  assert len(reports) in {2, 3}  # the program may end before the last
  assert 'HTTP status 404' in reports[0]
  assert f'{threads} threads that waited for one have ended' in reports[0]


@pytest.mark.parametrize('way', ['throws', 'missing'])
def test_workers_can_be_had_again(build, run, engine, way):
  if way == 'missing' and engine == 'node':
    pytest.skip('in Node, a script that is not there is an exception of its worker')
  result = run(faults(build), engine, args=[2, 'again'], expect_exit=0, page_js=UNTIL + PATCH + f'''
    globalThis.refusal = '{way}';
    Module._go();
    await until(() => globalThis.isAwaited);
    globalThis.refusal = '';
    Module._go();
  ''')
  assert result.stdout == [*refused(2), 'reserve: 0', '0 of 3 cancelled']
  assert any(REPORT in line for line in result.stderr)
  if way == 'throws':
    assert any('no worker for you' in line for line in result.stderr)


def test_thread_that_was_admitted_before(build, run, engine):
  # When the last try has failed it was not in the queue yet.
  result = run(faults(build), engine, args=[1, 'late'], expect_exit=0, page_js=PATCH + '''
    globalThis.refusal = 'throws';
    Module._go();
  ''')
  assert result.stdout == refused(1)


def test_reserve_rejected(build, run, engine):
  # More than once, and then it goes on.
  result = run(serve(build, '-sPTHREAD_POOL_SPARE=0'), engine, page_js=UNTIL + PATCH + '''
    globalThis.refusal = 'throws';
    const errors = [await failure(pool.reserve(2)), await failure(pool.reserve(2))];
    globalThis.refusal = '';
    await pool.reserve(2);
    return [...errors, pool.size];
  ''')
  assert result.report == ['Error', 'Error', 3]


@pytest.mark.parametrize(('way', 'flags'), [
  ('trap', []), ('trap_in_callback', []), ('trap_in_timer', []), ('trap_in_promise', []),
  # What keeps the runtime from calling C as well.
  ('trap', ['-sABORT_ON_WASM_EXCEPTIONS']), ('trap_on_the_way_to_sleep', ['-sASYNCIFY', '-sASYNCIFY_REMOVE=nap']),
])
def test_thread_traps(build, run, engine, way, flags):
  program = build('deputy/test_pool_crash.c', '-sDEPUTY_THREAD', '-sMODULARIZE', '-sEXPORTED_RUNTIME_METHODS=PThread', *flags)
  result = run(program, engine, args=[way], survive=True, page_js=UNTIL + '''
    await until(() => globalThis.isDone);
    return Module.deputy.exited.then(() => 'resolved', ({message}) => message);
  ''')
  assert 'unreachable' in result.report.lower()
  result.check_out(HERE / 'deputy/test_pool_crash.out')
  assert 'Stack overflow' not in ''.join(result.stderr)


@node_only
@pytest.mark.parametrize('way', ['terminate', 'process_exit'])
def test_worker_ends(build, run, engine, way):
  program = build('deputy/test_pool_crash.c', '-sDEPUTY_THREAD', '-sMODULARIZE', '-sEXPORTED_RUNTIME_METHODS=PThread')
  result = run(program, engine, args=[way], expect_exit=0)
  result.check_out(HERE / 'deputy/test_pool_crash.out')


@node_only
def test_deputy_worker_ends(build, run, engine):
  program = build('deputy/test_pool_crash.c', '-sDEPUTY_THREAD', '-sMODULARIZE', '-sEXPORTED_RUNTIME_METHODS=PThread')
  result = run(program, engine, args=['terminate_deputy'], survive=True, page_js='''
    return Module.deputy.exited.then(() => 'resolved', ({message}) => message);
  ''')
  assert result.report == "the deputy's worker has ended"


@node_only
def test_deputy_worker_ends_the_process(build, run, engine):
  program = build('deputy/test_pool_crash.c', '-sDEPUTY_THREAD', '-sEXPORTED_RUNTIME_METHODS=PThread')
  result = run(program, engine, args=['terminate_deputy'], expect_exit=1, timeout=10)
  assert any("the deputy's worker has ended" in line for line in result.stderr)


def test_no_memory(build, run, engine):
  run(build('deputy/test_pool_memory.c', '-sDEPUTY_THREAD', '-sINITIAL_MEMORY=32MB', '-sABORTING_MALLOC=0'), engine,
      expect_exit=0)


# ---- The end -----------------------------------------------------------------

WAYS = ['idle_workers', 'loading_workers', 'running_threads', 'exit_from_thread']


@node_only
@pytest.mark.parametrize('way', WAYS)
def test_process_ends(build, run, engine, way):
  # Workers don't keep it.
  run(build('deputy/test_pool_end.c', '-sDEPUTY_THREAD'), engine, args=[way], expect_exit=0, timeout=10)


@pytest.mark.parametrize('way', WAYS)
def test_no_worker_survives(build, run, engine, way):
  program = build('deputy/test_pool_end.c', '-sDEPUTY_THREAD', '-sMODULARIZE', '-sEXIT_RUNTIME')
  result = run(program, engine, args=[way], module=NOTE, page_js='''
    const status = await Module.deputy.exited;
    return [status, noted.length > 1, noted.filter((worker) => !worker.isEnded).length];
  ''')
  assert result.report == [0, True, 0]
  assert result.errors == []


def test_last_thread_ends_the_program(build, run, engine):
  # main() has ended its own thread.
  result = run(build('deputy/test_pool_end.c', '-sDEPUTY_THREAD'), engine, args=['last_thread'], expect_exit=0)
  assert result.stdout == ['worked']
