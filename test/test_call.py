# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Page JavaScript calls C on the deputy: Module._f(), ccall(), cwrap(), Module.deputy.call().

from pathlib import Path

import pytest
from harness.features import EXCEPTIONS, EXNREF, least, need

HERE = Path(__file__).parent

# What page_js calls.
HELPERS = '''
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const failure = (promise) => promise.then((value) => `no: ${value}`, ({name, message}) => `${name}: ${message}`);
  if (!globalThis.document) process.on('uncaughtException', () => {}).on('unhandledRejection', () => {});
'''


def callee(build, *flags, source='deputy/test_call.c'):
  return build(source, '-sDEPUTY_THREAD', '-sMODULARIZE', '-sEXPORTED_RUNTIME_METHODS=ccall,cwrap,HEAPU8', *flags)


def call(build, run, engine, page_js, *flags, **options):
  return run(callee(build, *flags), engine, page_js=HELPERS + page_js, **options).report


LEVELS = pytest.mark.parametrize('flags', [
  ['-O0'], ['-O2'], ['-O3', '--closure=1', '-Werror=closure'], ['-O2', '-sALLOW_MEMORY_GROWTH', '-Wno-pthreads-mem-growth']],
  ids=['O0', 'O2', 'closure', 'growth'])

# ---- Values ------------------------------------------------------------------


@LEVELS
def test_values(build, run, engine, flags):
  report = call(build, run, engine, '''
    const {ccall, cwrap} = Module;
    const add = cwrap('add', 'number', ['number', 'number']);
    const repeat = cwrap('repeat', 'string', ['string', 'number']);
    const returned = [
      Module._add(1, 2), Module._add(0x7fffffff, 1), Module._half(3), Module._half(-0), Module._half(NaN), Module._third(1),
      Module._is_odd(true), Module._add(null, 5), Module._nothing(), add(20, 22), repeat('äß€😀', 2), repeat('', 3),
      ccall('is_odd', 'boolean', ['number'], [3]), ccall('is_odd', 'boolean', ['number'], [4]), ccall('no_text', 'string'),
      ccall('length_of', 'number', ['string'], [null]), ccall('length_of', 'number', ['string'], ['four']),
      ccall('sum', 'number', ['array', 'number'], [[1, 2, 255], 3]),
      ccall('sum', 'number', ['array', 'number'], [new Uint8Array([1, 2, 255]), 3]),
      ccall('sum', 'number', ['array', 'number'], [new Uint8Array([1, 2, 255]).buffer, 3]),
      ccall('sum_doubles', 'number', ['array', 'number'], [new Float64Array([0.5, 1e300]), 2]),
      Module.deputy.call('add', 'number', ['number', 'number'], [3, 4]), Module.deputy.call('is_deputy'),
      ccall('get_changing', 'string'), ccall('change', null), ccall('at', 'number', ['pointer'], [await ccall('address_of', 'pointer')]),
    ];
    if (!returned.every((promise) => promise instanceof Promise)) return 'not Promises';
    const values = (await Promise.all(returned)).map((value) => Object.is(value, -0) ? '-0' : Number.isNaN(value) ? 'NaN' : value);
    const bigs = [await Module._twice(5n), await Module._twice(-(2n ** 62n)), await ccall('twice', 'bigint', ['bigint'], [2n ** 40n])];
    return [...values.map((value) => value === undefined ? 'undefined' : value), ...bigs.map(String)];
  ''', *flags)
  assert report == [3, -0x80000000, 1.5, '-0', 'NaN', pytest.approx(1 / 3), 1, 5, 'undefined', 42, 'äß€😀' * 2, '', True, False,
                    '', -1, 4, 258, 258, 258, 1e300, 7, 1, 'before', 'undefined', ord('a'),
                    '10', str(-2 ** 63), str(2 ** 41)]


def test_abort_on_wasm_exceptions(build, run, engine):
  # All exports are wrapped by functions that take any number of arguments.
  assert call(build, run, engine, 'return await Module._add(1, 2);', '-sABORT_ON_WASM_EXCEPTIONS') == 3


def test_cwrap_converts(build, run, engine):
  # As ccall() does, also where upstream returns the function itself.
  report = call(build, run, engine, '''
    const is_odd = Module.cwrap('is_odd', 'boolean', ['number']);
    return [await is_odd(3), await is_odd(2)].map(String);
  ''', '-O2')
  assert report == ['true', 'false']


def test_without_bigint(build, run, engine):
  # Where functions have no parameters of 64 bits, a BigInt is an error like others.
  report = call(build, run, engine, '''
    const error = await Module._add(5n, 1).catch((error) => error.message);
    return [await Module._add(1, 2), await Module.ccall('repeat', 'string', ['string', 'number'], ['no', 2]), error];
  ''', '-sWASM_BIGINT=0')
  assert report[:2] == [3, 'nono']
  assert 'BigInt' in report[2]


def test_bad_calls(build, run, engine):
  report = call(build, run, engine, '''
    const bad = [
      Module._add(1), Module._add(1, 2, 3), Module._add('1', 2), Module._add({}, 2), Module._add(() => {}, 2), Module._twice(5),
      Module.ccall('sum', 'number', ['array', 'number'], ['text', 4]), Module.deputy.call('nowhere'), Module.ccall('nowhere', null),
      Module.deputy.call('add', 'number', ['number', 'number'], [1n, 2]), Module._add(Module._add(1, 1), 2),
    ];
    return [...await Promise.all(bad.map(failure)), await Module._add(1, 1)];
  ''')
  assert [text.split(':')[0] for text in report[:-1]] == ['TypeError'] * 7 + ['Error'] * 2 + ['TypeError'] * 2
  assert report[0] == 'TypeError: add: it takes 2 arguments, and was called with 1'
  assert 'add: argument 1 is a string' in report[2] and "'string'" in report[2]
  assert 'add: argument 1 is an object' in report[3]
  assert 'twice: ' in report[5] and 'BigInt' in report[5]
  assert 'nowhere: there is no such function' in report[7] and 'EXPORTED_FUNCTIONS=_nowhere' in report[7]
  assert report[10] == 'TypeError: add: argument 1 is a Promise: await it first'
  assert report[-1] == 2


def test_wasm64(build, run, engine):
  need(run, engine, 'memory64', 'new WebAssembly.Memory({address: "i64", initial: 1n})')
  report = call(build, run, engine, '''
    const {ccall} = Module;
    const address = await ccall('address_of', 'pointer');
    return [await ccall('repeat', 'string', ['string', 'number'], ['ab', 3]), typeof address, await ccall('at', 'number', ['pointer'], [address]),
      await ccall('sum', 'number', ['array', 'number'], [[1, 2, 3], 3]), await ccall('length_of', 'number', ['string'], [null])];
  ''', '-sMEMORY64', '-Wno-experimental', '-O1', '-sDEFAULT_TO_CXX=0')
  assert report == ['ababab', 'number', ord('b'), 6, -1]


def test_large(build, run, engine):
  # Many times what the ring holds, both ways; and more than there is memory for.
  report = call(build, run, engine, '''
    const {ccall} = Module;
    const sum = (bytes) => ccall('sum', 'number', ['array', 'number'], [bytes, bytes.length]);
    const bytes = new Uint8Array(64 << 20).fill(1);
    const large = [sum(bytes), Module._add(1, 2)];
    bytes.fill(2);
    const text = 'ä'.repeat(1 << 20);
    return [...await Promise.all(large), (await ccall('repeat', 'string', ['string', 'number'], [text, 4])) === text.repeat(4),
      await failure(sum(new Uint8Array(256 << 20))), await Module._add(3, 4)];
  ''', '-O2', '-sINITIAL_MEMORY=128MB', '-sABORTING_MALLOC=0', timeout=60)
  assert report == [64 << 20, 3, True, 'RangeError: sum: out of memory for its arguments, or for what it returns', 7]


def test_no_memory_for_a_name(build, run, engine):
  # The call fails that needs it, and no other; and none when there is memory again.
  report = call(build, run, engine, """
    const unknown = 'unknown'.repeat(1 << 18);
    await Module._fill_memory(1 << 18);
    const first = Module._stay(200);
    const errors = [await failure(Module.deputy.call(unknown)), await failure(Module.deputy.call(unknown))];
    const values = [await first, await Module._add(1, 2)];
    await Module._free_memory();
    errors.push(await failure(Module.deputy.call(unknown)));
    return [values, errors.map((error) => error.replaceAll(unknown, 'NAME'))];
  """, '-O2', '-sINITIAL_MEMORY=32MB', '-sABORTING_MALLOC=0')
  assert report[0] == [1, 3]
  assert report[1][:2] == ['RangeError: NAME: out of memory for its arguments, or for what it returns'] * 2
  assert 'Error: NAME: there is no such function.' in report[1][2]


# ---- Where, and in which order -----------------------------------------------


def test_direct_on_threads(build, run, engine):
  report = call(build, run, engine, 'return [await Module._is_deputy(), await Module._is_ui(), await Module._call_back()];')
  assert report == [1, 0, 1]


@pytest.mark.parametrize('flags', [[], ['-O2', '-sDEPUTY_CALL_THREADS=1']], ids=['deputy', 'thread'])
def test_order(build, run, engine, flags):
  # Small and large, more of them than can be under way.
  report = call(build, run, engine, '''
    const count = Module.cwrap('count', 'boolean', ['number', 'string']);
    const sizes = [0, 1, 40, 500, 5000, 70000, 200000];
    const calls = [];
    for (let i = 0; i < 5000; i++) calls.push(count(i, i % 20 ? null : 'x'.repeat(sizes[i % 7]) + '.'));
    return (await Promise.all(calls)).indexOf(false);
  ''', *flags)
  assert report == -1


def test_before_the_start(build, run, engine):
  # Once the functions are there.
  program = build('deputy/test_call.c', '-sDEPUTY_THREAD', '-sEXPORTED_RUNTIME_METHODS=ccall')
  result = run(program, engine, page_js='''
    await Module.deputy.started;
    const {early} = globalThis;
    return [early.length, ...await Promise.all(early)];
  ''', module='''{
    preRun: [(Module) => { globalThis.early = [Module.deputy.call('add', 'number', ['number', 'number'], [1, 2]), Module._add(3, 4)]; }],
  }''')
  assert result.report == [2, 3, 7]


@pytest.mark.quiet
def test_page_takes_no_lock(build, run, engine):
  # While a thread holds malloc's lock, stdout's and a mutex.
  report = call(build, run, engine, '''
    Module._have_all_held();
    while (!Module._are_all_held()) await pause(4);
    uiGaps.reset();
    const begin = performance.now();
    const calls = Array.from({length: 1000}, (unused, i) => i % 2 ? Module._need_all(i % 100) :
      Module.ccall('length_of', 'number', ['string'], ['x'.repeat(i)]));
    const issued = performance.now() - begin;
    let answered = 0;
    for (const call of calls) call.then(() => answered++);
    await pause(500);
    const early = answered;
    Module._let_go();
    const values = await Promise.all(calls);
    return [early, values.findIndex((value, i) => value != (i % 2 ? i % 100 : i)), issued, uiGaps.summary().max];
  ''', '--js-library', HERE / 'deputy/test_call.js', '-sDEPUTY_INLINE_EXPORTS=are_all_held,let_go', '-sALLOW_MEMORY_GROWTH',
                '-Wno-pthreads-mem-growth', '-sABORTING_MALLOC=0')
  early, wrong, issued, gap = report
  assert early < 10
  assert wrong == -1
  assert issued < 300
  assert gap < 500, 'it stood still while the locks were held'


@pytest.mark.parametrize('threads', [1, 4])
def test_threads_of_their_own(build, run, engine, threads):
  # main() is never at its event loop.
  report = call(build, run, engine, '''
    const inside = await Promise.all(Array.from({length: 40}, () => Module._stay(20)));
    const report = [await Module._is_deputy(), Math.max(...inside)];
    await Module._finish();
    return [...report, await Module.deputy.exited];
  ''', '-O2', f'-sDEPUTY_CALL_THREADS={threads}', args=['busy'])
  assert report == [0, threads, 0]


# ---- A busy deputy -----------------------------------------------------------


@pytest.mark.parametrize('way', ['poll', 'wait', '+usleep', '+poll()', '+cond', '+cond_timed'])
def test_served_in_main(build, run, engine, way):
  result = run(callee(build), engine, args=[way], expect_exit=0, page_js=HELPERS + '''
    const values = [];
    for (let i = 0; i < 20; i++) values.push(await Module._add(i, 1));
    const many = await Promise.all(Array.from({length: 3000}, (unused, i) => Module._add(i, 1)));
    await Module._finish();
    return [values.every((value, i) => value == i + 1), many.every((value, i) => value == i + 1), await Module.deputy.exited];
  ''')
  assert result.report == [True, True, 0]
  assert result.stdout == ['3021' if way in {'poll', 'wait'} else '0']


def test_alertable_wait_ends_in_time(build, run, engine):
  # Also where a call takes longer than the wait.
  result = run(callee(build), engine, args=['+cond_short'], expect_exit=0, page_js=HELPERS + '''
    for (let i = 0; i < 20; i++) {
      await Module._stay(20);
      await pause(25);
    }
    await Module._finish();
    return await Module.deputy.exited;
  ''')
  assert int(result.stdout[0]) >= 10


@pytest.mark.parametrize('is_for_all', [0, 1], ids=['signal', 'broadcast'])
def test_call_waits_for_what_main_waits_for(build, run, engine, is_for_all):
  report = call(build, run, engine, f'''
    const values = [];
    for (let i = 0; i < 5; i++) values.push(await Module._wait_beside({is_for_all}));
    await Module._finish();
    return values;
  ''', args=['+cond'])
  assert report == [1] * 5


@pytest.mark.parametrize('way', ['lock', '+lock', 'usleep', 'cond', '+js'])
def test_not_served(build, run, engine, way):
  # In the waits of a lock, or of JavaScript's, never, and elsewhere not before the program says so.
  if way in {'lock', '+lock'}:
    result = run(callee(build, '-sEXIT_RUNTIME=0'), engine, args=[way], expect_exit=0, page_js=HELPERS + '''
      const call = Module.ccall('count', 'boolean', ['number', 'string'], [0, null]);
      await Module.deputy.exited;
      return await call;
    ''')
    assert result.report is True
    assert result.stdout == ['0']
  else:
    report = call(build, run, engine, '''
      let answered = false;
      Module._add(1, 2).then(() => { answered = true; });
      await pause(500);
      return answered;
    ''', '-DWITH_JS', '--js-library', HERE / 'deputy/wait_on_page.js', args=[way])
    assert report is False


def test_no_call_in_a_call(build, run, engine):
  report = call(build, run, engine, 'return Promise.all([Module._nest(), Module._add(1, 2)])')
  assert report == [0, 3]


def test_late_calls_are_reported(build, run, engine):
  result = run(callee(build, '-sDEPUTY_CALL_REPORT=200'), engine, args=['usleep'], page_js=HELPERS + '''
    Module._add(1, 2);
    Module._half(1);
    await pause(700);
  ''')
  said = '\n'.join(result.stderr)
  assert said.count('the page has called add ') == 1 and said.count('the page has called half ') == 1
  assert 'the deputy) waits in sleep' in said and '-sDEPUTY_CALL_THREADS=1' in said


# ---- Ends --------------------------------------------------------------------


def test_errors(build, run, engine):
  report = call(build, run, engine, '''
    const texts = [];
    for (const name of ['trap', 'throw_js']) texts.push(await failure(Module[`_${name}`]()));
    for (let i = 0; i < 300; i++) await failure(Module._trap());
    texts.push(await failure(Module._overflow_stack(0)));
    const {stack} = await Module._trap().catch((e) => e);
    return [...texts, stack.includes('wasm'), await Module._add(3, 4)];
  ''', '-O1')
  assert report[0].startswith('RuntimeError: trap: ')
  assert report[1] == 'RangeError: throw_js: thrown for a test'
  assert 'overflow_stack: ' in report[2]
  assert report[3:] == [True, 7]


@pytest.mark.parametrize('mode', EXCEPTIONS)
def test_cxx_exceptions(build, run, engine, mode):
  if mode == 'wasm legacy' and engine == 'webkit':
    pytest.skip('WebKit 2.50 loses legacy wasm exceptions that pass a destructor, with upstream and one thread, too')
  if mode == 'wasm':
    need(run, engine, 'exnref', EXNREF)
  program = callee(build, *EXCEPTIONS[mode], source='deputy/test_call_exceptions.cpp')
  report = run(program, engine, page_js=HELPERS + '''
    const texts = [];
    for (const what of [0, 1, 2]) texts.push(await failure(Module._throw_cxx(what)));
    return [...texts, await Module._get_live()];
  ''').report
  assert report[0] == 'CppException: throw_cxx: std::runtime_error: thrown for a test'
  assert report[1] == 'CppException: throw_cxx: int'
  assert report[2].startswith('CppException: throw_cxx: ') and report[2].endswith('Own')
  assert report[3] == 0


@pytest.mark.parametrize('exit_runtime', [0, 1])
def test_exit_in_a_call(build, run, engine, exit_runtime):
  report = call(build, run, engine, '''
    const calls = [Module._end_program(3), Module._add(1, 2)].map(failure);
    const first = await Promise.all(calls);
    return [...first, await Module.deputy.exited, await failure(Module._add(3, 4))];
  ''', f'-sEXIT_RUNTIME={exit_runtime}', args=['wait'] if exit_runtime else [])
  if exit_runtime:
    assert 'end_program' in report[0] and '3' in report[0]
    assert 'add' in report[1] and 'status 3' in report[1], 'the deputy has gone on after exit()'
    assert report[2] == 3
    assert 'add' in report[3] and 'status 3' in report[3]
  else:
    # main() has returned: there is a status already, and the deputy goes on.
    assert report[0] == 'ExitStatus: end_program: it called exit(3)'
    assert report[1:] == ['no: 3', 0, 'no: 7']


@pytest.mark.parametrize('way', ['abort', 'pthread_exit', 'terminate', 'worker'])
def test_deputy_is_gone(build, run, engine, way):
  if way == 'worker' and engine != 'node':
    pytest.skip('browsers don\'t tell of a worker that dies')
  begin = {'abort': 'Module._end_by_abort()', 'pthread_exit': 'Module._end_thread()'}.get(way, 'Module._stay(20000)')
  report = call(build, run, engine, f'''
    const calls = [{begin}, Module._add(1, 2)].map(failure);
    await pause(100);
    if ('{way}' == 'terminate') Module.deputy.terminate();
    if ('{way}' == 'worker') Module.PThread.pthreads[Module.deputy.thread].terminate();
    return [...await Promise.all(calls), await failure(Module._add(3, 4)), await failure(Module.deputy.exited)];
  ''', '-sEXPORTED_RUNTIME_METHODS=ccall,cwrap,PThread')
  assert all('add' in text and text.startswith('Error: ') for text in report[1:3]), report
  assert report[0].startswith('Error: ') and report[0].split(': ')[1].split(' ')[0] in begin
  assert {'abort': 'Aborted', 'pthread_exit': 'has ended', 'terminate': 'terminate()', 'worker': 'worker'}[way] in report[2]


def test_next_thread_is_not_the_deputy(build, run, engine):
  # Though it has the deputy's block.
  report = call(build, run, engine, '''
    const ended = await failure(Module._end_thread());
    while (Module.deputy.thread) await pause(1);
    await Module.deputy.pool.reserve(2);
    return [ended, Module.deputy.thread, Module._is_any_deputy(30)];
  ''', '-sDEPUTY_CALL_THREADS=0', '-sDEPUTY_INLINE_EXPORTS=is_any_deputy', '-sPTHREAD_POOL_SIZE=4')
  assert 'has ended' in report[0]
  assert report[1:] == [0, 0]


def test_text_that_page_has_no_place_for(build, run, engine):
  # The calls after it are answered.
  report = call(build, run, engine, '''
    const {decode} = TextDecoder.prototype;
    TextDecoder.prototype.decode = () => { throw new RangeError('too long'); };
    const text = Module.ccall('repeat', 'string', ['string', 'number'], ['long', 100]);
    const sum = Module._add(1, 2);
    const first = await failure(text);
    TextDecoder.prototype.decode = decode;
    return [first, await sum, await Module._add(3, 4)];
  ''', '-O1')
  assert report == ['RangeError: too long', 3, 7]


def test_force_exit(build, run, engine):
  # Also where the runtime outlives exit().
  report = call(build, run, engine, '''
    return [await failure(Module._force_end(3)), await failure(Module._add(1, 2))];
  ''', args=['wait'], survive=True)
  assert 'force_end' in report[0] and 'status 3' in report[0]
  assert 'add' in report[1] and 'status 3' in report[1]


def test_start_fails(build, run, engine):
  program = build('deputy/test_call.c', '-sDEPUTY_THREAD', '-sDEPUTY_START_TIMEOUT=1', '-sEXPORTED_RUNTIME_METHODS=ccall')
  result = run(program, engine, page_js=HELPERS + 'return failure(Module.deputy.exited).then(() => failure(globalThis.early));', module='''{
    preRun: [(Module) => { globalThis.early = Module.deputy.call('add', 'number', ['number', 'number'], [1, 2]); Module.deputy.terminate(); }],
  }''')
  assert 'add can\'t be called, or has not returned: ' in result.report


def test_abort_signal(build, run, engine):
  report = call(build, run, engine, '''
    const call = (name, signal, ...args) => failure(Module.deputy.call(name, 'number', args.map(() => 'number'), args, {signal}));
    const before = await call('add', AbortSignal.abort(), 1, 2);
    const controllers = Array.from({length: 3}, () => new AbortController());
    const first = call('until_aborted', controllers[0].signal);
    // Two that have not begun: one is under way, and one is not.
    const second = call('count', controllers[1].signal, 0, 0);
    const others = Array.from({length: 1100}, () => Module._add(1, 2));
    const third = call('count', controllers[2].signal, 0, 0);
    while (!globalThis.hasBegun) await pause(1);
    // (When the first ends, the next may begin at once.)
    for (const controller of controllers.reverse()) controller.abort(new Error('not wanted'));
    const last = Module._add(3, 4);
    const after = await call('add', new AbortController().signal, 5, 6);
    return [before.split(':')[0], await first, await second, await third, await last, after, await Module._get_next()];
  ''')
  # until_aborted() has set it to 1: count() was not called.
  assert report == ['AbortError', *['Error: not wanted'] * 3, 7, 'no: 11', 1]


# ---- DEPUTY_CALLS --------------------------------------------------------------


def test_policies(build, run, engine):
  report = call(build, run, engine, '''
    const thrown = (func) => { try { return func(); } catch ({message}) { return message; } };
    const {ccall} = Module;
    return [thrown(() => Module._add(1, 2)), thrown(() => ccall('add', 'number', ['number', 'number'], [1, 2])),
      await Module.deputy.call('add', 'number', ['number', 'number'], [1, 2]), await Module._half(3),
      Module._is_ui(), ccall('is_ui', 'number'), Module._is_deputy(), ccall('repeat', 'string', ['string', 'number'], ['ab', 2])];
  ''', '-O2', '-sDEPUTY_CALLS=throw', '-sDEPUTY_ASYNC_EXPORTS=ha*', '-sDEPUTY_INLINE_EXPORTS=is_ui', '-sDEPUTY_SYNC_EXPORTS=is_deputy,repeat')
  assert "add() can't be called on the UI thread" in report[0] and 'DEPUTY_INLINE_EXPORTS' in report[0]
  assert report[1] == report[0]
  assert report[2:] == [3, 1.5, 1, 1, 1, 'abab']


def test_sync(build, run, engine):
  # Behind others, some of them its elders; and errors.
  report = call(build, run, engine, '''
    const thrown = (func) => { try { return func(); } catch ({message}) { return message; } };
    const before = Array.from({length: 3000}, (unused, i) => Module.deputy.call('add', 'number', ['number', 'number'], [i, 1]));
    const sums = [Module._add(1, 2)];
    for (let i = 0; i < 1000; i++) sums.push(Module._add(i, 1));
    return [sums[0], sums.slice(1).every((sum, i) => sum == i + 1), (await Promise.all(before)).every((sum, i) => sum == i + 1),
      thrown(() => Module._trap()), thrown(() => Module._add(1)), Module._add(3, 4)];
  ''', '-O2', '-sDEPUTY_CALLS=sync')
  assert report[:3] == [3, True, True]
  assert report[3].startswith('trap: ') and report[4].startswith('add: it takes 2')
  assert report[5] == 7


def test_sync_of_what_is_large(build, run, engine):
  # More than the ring holds: its own, and what another call has before it.
  report = call(build, run, engine, '''
    const bytes = new Uint8Array(200000).fill(1);
    const sum = (call) => call('sum', 'number', ['array', 'number'], [bytes, bytes.length]);
    const first = sum(Module.ccall);
    const before = sum(Module.deputy.call);
    return [first, Module._add(1, 2), await before];
  ''', '-O2', '-sDEPUTY_CALLS=sync')
  assert report == [200000, 3, 200000]


@pytest.mark.parametrize('way', ['end_thread', 'end_by_abort'])
def test_sync_that_ends_its_thread(build, run, engine, way):
  report = call(build, run, engine, f'''
    const thrown = (func) => {{ try {{ return func(); }} catch ({{message}}) {{ return message; }} }};
    const other = failure(Module.deputy.call('add', 'number', ['number', 'number'], [1, 2]));
    return [thrown(() => Module._{way}()), await other, thrown(() => Module._add(1, 2))];
  ''', '-O2', '-sDEPUTY_CALLS=sync', survive=True)
  assert report[0].startswith(way) and 'the thread that served it has ended' in report[0]
  assert report[1] == 'no: 3' and 'add' in report[2]


def test_sync_while_main_exits(build, run, engine):
  # The exit is a task of the UI thread's in the middle of its wait.
  report = call(build, run, engine, 'return [Module._add(1, 2), await Module.deputy.exited];', '-O2', '-sDEPUTY_CALLS=sync', args=['lock'])
  assert report == [3, 0]


def test_sync_before_the_start(build, run, engine):
  # Who got the error is not called after all.
  report = call(build, run, engine, '''
    return [early, await Module.deputy.call('get_next', 'number')];
  ''', '-sDEPUTY_SYNC_EXPORTS=count', module='''{
    preRun: [(Module) => { try { Module.ccall('count', 'number', ['number', 'string'], [0, '']); } catch ({message}) { globalThis.early = message; } }],
  }''')
  assert report == ["count can't be called before Module.deputy.started is resolved (DEPUTY_CALLS=sync)", 0]


def test_sync_while_the_deputy_is_blocked(build, run, engine):
  if engine == 'node':
    pytest.skip('its main thread may sleep, and does, without limit')
  report = call(build, run, engine, '''
    try {
      return Module._add(1, 2);
    } catch ({message}) {
      return message;
    }
  ''', '-O2', '-sDEPUTY_CALLS=sync', '-sUI_THREAD_WAIT_BUDGET=50', args=['usleep'])
  assert 'the UI thread has waited' in report and "a call of the page's" in report and 'waits in sleep' in report


# ---- Programs ------------------------------------------------------------------


def test_throughput(build, run, engine):
  # 10,000 at once. Not a benchmark: the bound is what a timer for each would take.
  def measure():
    return call(build, run, engine, '''
      for (let i = 0; i < 2000; i++) await Module._add(i, 1);
      const begin = performance.now();
      const sums = await Promise.all(Array.from({length: 10000}, (unused, i) => Module._add(i, 1)));
      return sums.every((sum, i) => sum == i + 1) ? performance.now() - begin : 1e9;
    ''', '-O2')
  assert least(1000, measure) < 1000


@pytest.mark.parametrize('flags', [['-sEXPORT_ES6'], ['-sEXPORT_ES6', '-O3', '--closure=1', '-Wno-closure']], ids=['', 'closure'])
def test_es6(build, run, engine, flags):
  program = build('deputy/test_call.c', '-sDEPUTY_THREAD', '-sEXPORTED_RUNTIME_METHODS=ccall', '-o', 'test_call.mjs', *flags)
  result = run(program, engine, page_js="return Module.ccall('repeat', 'string', ['string', 'number'], ['ab', 2]);")
  assert result.report == 'abab'


def test_instances(build, run, engine):
  # Several on a page; one that was ended leaves the others alone.
  report = call(build, run, engine, '''
    const node = globalThis.process?.getBuiltinModule('module');
    const factory = node ? node.createRequire('/')(process.argv[1]) :
      globalThis.Module;
    const second = await factory();
    const both = await Promise.all([Module._add(1, 2), second._add(3, 4)]);
    const open = failure(second._stay(20000));
    await pause(50);
    second.deputy.terminate();
    const third = await factory();
    return [...both, await open, await failure(second._add(1, 2)), second.deputy.pool.size, await Module._add(5, 6), await third._add(7, 8)];
  ''')
  assert report[:2] == [3, 7]
  assert 'stay ' in report[2] and 'terminate()' in report[2] and 'add ' in report[3]
  assert report[4:] == [0, 11, 15]


def test_jspi(build, run, engine):
  # A call that is suspended lets others run, and ends later.
  need(run, engine, 'JSPI', 'WebAssembly.Suspending')
  report = call(build, run, engine, '''
    const ends = [];
    const calls = [100, 20, 50].map((ms) => Module.ccall('pause_and_return', 'string', ['string', 'number'], ['x'.repeat(ms), ms])
      .then((text) => ends.push(text.length)));
    await Module._add(1, 2).then((sum) => ends.push(sum));
    await Promise.all(calls);
    return ends;
  ''', '-DWITH_JSPI', '-sJSPI', '-sJSPI_EXPORTS=pause_and_return', '-Wno-experimental', '-O1')
  assert report == [3, 20, 50, 100]


@pytest.mark.parametrize('flags', [[], ['-sDEPUTY_CALL_THREADS=2']], ids=['deputy', 'threads'])
def test_without_wait_async(build, run, engine, flags):
  # Older engines lack it.
  report = call(build, run, engine, '''
    const values = [];
    for (let i = 0; i < 200; i++) values.push(await Module._add(i, 1));
    const many = await Promise.all(Array.from({length: 3000}, (unused, i) => Module._add(i, 1)));
    return [values.every((value, i) => value == i + 1), many.every((value, i) => value == i + 1),
      await Module.ccall('length_of', 'number', ['string'], ['x'.repeat(1000000)])];
  ''', '-O2', '--pre-js', HERE / 'deputy/no_wait_async.js', *flags)
  assert report == [True, True, 1000000]


def test_dlopen(build, run, engine):
  # Functions of a library that C has opened.
  # Flags of a whole build, CMAKE_CXX_FLAGS say, are a side module's as well.
  side = build('deputy/test_call_side.c', '-sDEPUTY_THREAD', '-sSIDE_MODULE=2', '-sEXPORTED_FUNCTIONS=_side_sum,_side_greet', '-Wno-emcc')
  program = build('deputy/test_call_dlopen.c', '-sDEPUTY_THREAD', '-sMAIN_MODULE=2', '-O1', '-Wno-experimental',
                  '-sEXPORTED_FUNCTIONS=_main,_snprintf', '--embed-file', f'{side.path}@/side.wasm')
  result = run(program, engine, page_js='''
    const {call} = Module.deputy;
    const early = await call('side_sum', 'number', ['number', 'number'], [1, 2]).catch((error) => error.message);
    return [early, await call('open_side', 'string'), await call('side_sum', 'number', ['number', 'number'], [1, 2]),
            await call('side_greet', 'string', ['string'], ['page'])];
  ''')
  early, *rest = result.report
  assert 'side_sum' in early and 'there is no such function' in early
  assert rest == ['', 3, 'hello, page']
