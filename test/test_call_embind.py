# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# What page JavaScript calls by Embind, which runs on the deputy. Source: deputy/test_call_embind.cpp.

import json
import subprocess
from pathlib import Path

import pytest
from harness.build import REPO
from harness.features import EXCEPTIONS, EXNREF, need

HERE = Path(__file__).parent
EMCC = REPO / 'emcc'
TSC = REPO / 'build/sdk/node_modules/.bin/tsc'

# As text, which tells -0 from 0 and knows bigints.
SHOW = '''
  const text = (value) =>
    typeof value == 'bigint' ? `${value}n` :
    Object.is(value, -0) ? '-0' :
    ArrayBuffer.isView(value) ? `${value.constructor.name} [${value}]` :
    Array.isArray(value) ? `[${value.map(text)}]` :
    typeof value == 'object' && value ? `{${Object.entries(value).map(([name, field]) => `${name}: ${text(field)}`)}}` :
    typeof value == 'string' ? JSON.stringify(value) : String(value);
  const show = async (f) => {
    try {
      const value = f();
      if (!(value instanceof Promise)) return `no Promise: ${text(value)}`;
      return text(await value);
    } catch ({name, message}) {
      return `${name}: ${message.split(' - expects one of')[0]}`;
    }
  };
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const until = async (isDone) => {
    for (let i = 0; i < 1000 && !await isDone(); i++) await pause(5);
  };
'''

# All Workers but two, the deputy's and another thread's, get their messages after release().
HOLD = '''(() => {
  const place = globalThis.document ? globalThis : process.getBuiltinModule('node:worker_threads');
  let count = 0, held = [];
  place.Worker = class extends place.Worker {
    number = ++count;
    postMessage(...args) {
      if (held && this.number > 2) held.push(() => super.postMessage(...args));
      else super.postMessage(...args);
    }
  };
  globalThis.release = () => {
    const messages = held;
    held = null;
    for (const send of messages) send();
  };
  return {};
})()'''

MODES = {
  'O1': ['-O1'],
  'modularize': ['-O1', '-sMODULARIZE'],
  'closure': ['-O3', '--closure=1', '-Wno-closure', '-sMODULARIZE'],
  'aot': ['-O1', '-sEMBIND_AOT', '-sDYNAMIC_EXECUTION=0', '-sMODULARIZE'],
  'threads': ['-O1', '-sDEPUTY_CALL_THREADS=2', '-sMODULARIZE'],
  'growth': ['-O1', '-sALLOW_MEMORY_GROWTH', '-Wno-pthreads-mem-growth', '-sMODULARIZE'],
}


def program(build, *flags):
  return build('deputy/test_call_embind.cpp', '-sDEPUTY_THREAD', '-lembind', '-std=c++17', *flags)


def check(run, program, engine, table, before=''):
  """Each expression of `table` must be a Promise of what `table` says, as text, or be rejected so."""
  shown = ''.join(f'shown[{json.dumps(what)}] = await show(() => ({what}));\n' for what in table)
  result = run(program, engine, page_js=f'{SHOW}\nawait Module.deputy.started;\n{before}\nconst shown = {{}};\n{shown}return shown;')
  assert result.report == table


# ---- What there is -----------------------------------------------------------

VALUES = {
  'Module.sameBool(true)': 'true',
  'Module.sameInt(-2147483648)': '-2147483648',
  'Module.sameUnsigned(4294967295)': '4294967295',
  'Module.sameByte(255)': '255',
  'Module.sameDouble(0.1)': '0.1',
  'Module.sameDouble(5e-324)': '5e-324',
  'Module.sameDouble(-0)': '-0',
  'Module.sameDouble(NaN)': 'NaN',
  'Module.sameDouble(-Infinity)': '-Infinity',
  'Module.sameFloat(0.5)': '0.5',
  'Module.sameLong(-(2n ** 63n))': '-9223372036854775808n',
  'Module.sameUnsignedLong(2n ** 64n - 1n)': '18446744073709551615n',
  'Module.sameString("")': '""',
  'Module.sameString("\\u00fc\\u0000\\ud83d\\ude00")': '"\u00fc\\u0000\U0001f600"',
  'Module.sameString("x".repeat(200000)).then(({length}) => length)': '200000',
  'Module.sameReference("text")': '"text"',
  'Module.sameWide("\\u00fc\\ud83d\\ude00")': '"\u00fc\U0001f600"',
  'Module.same16("\\ud800!")': '"\\ud800!"',
  'Module.bytesOf(new Uint8Array([0, 128, 255]))': '"0080ff"',
  'Module.bytesOf(new Uint8Array([1, 2, 3, 4]).subarray(1, 3))': '"0203"',
  'Module.bytesOf(new Int8Array([-1]).buffer)': '"ff"',
  'Module.bytesOf(new Uint8Array(100000)).then(({length}) => length)': '200000',
  'Module.samePoint({x: 1, y: -0})': '{x: 1,y: -0}',
  'Module.sameLine({from: {x: 1, y: 2}, to: {x: NaN, y: 4}, name: "line"})': '{from: {x: 1,y: 2},to: {x: NaN,y: 4},name: "line"}',
  'Module.samePair([3, 4])': '[3,4]',
  'Module.sameColor(Module.Color.GREEN).then((color) => color == Module.Color.GREEN)': 'true',
  'Module.sameSize(Module.Size.LARGE)': '1',
  'Module.sameShape(Module.Shape.FLAT)': '"FLAT"',
  'Module.half(8)': '4',
  'Module.half(undefined)': 'undefined',
  'Module.half()': 'undefined',
  'Module.view()': 'Uint8Array [0,1,127,128,255]',
  'Module.floats()': 'Float32Array [0.5,-1.5]',
  'Module.options()': '{list: [1,2]}',
  'Module.note(1)': 'undefined',
  'Module.add(1, 2)': '3',
  'Module.add(1, 2, 3)': '6',
  'Promise.resolve(Module.ANSWER)': '42',
}

# Of what upstream checks, too.
REFUSED = {
  'Module.add(1)': "BindingError: add: Function 'add' called with an invalid number of arguments (1)",
  'Module.samePair([3])': 'TypeError: samePair: Incorrect number of tuple elements for Pair: expected=2, actual=1',
  'Module.samePoint({x: 1})': 'TypeError: samePoint: Missing field: "y"',
  'Module.sameString(new Float32Array(1))': 'BindingError: sameString: Cannot pass non-string to std::string',
}


@pytest.mark.parametrize('mode', MODES)
def test_functions(build, run, engine, mode):
  check(run, program(build, *MODES[mode]), engine, {**VALUES, **REFUSED})


# Objects of the page's own classes: what is bound is read, as upstream does, wherever it is.
FOREIGN = {
  'Module.samePoint(new Accessors())': '{x: 1,y: 2}',
  'Module.samePoint(new Methods(3, 4))': '{x: 3,y: 4}',
  'Module.samePoint(Object.create({x: 5, y: 6}))': '{x: 5,y: 6}',
  'Module.samePoint(Object.defineProperty({x: 7}, "y", {value: 8}))': '{x: 7,y: 8}',
  'Module.sameLine({from: new Accessors(), to: new Methods(5, 6), name: "line"})': '{from: {x: 1,y: 2},to: {x: 5,y: 6},name: "line"}',
  'Module.sameLine({from: point, to: point, name: "twice"})': '{from: {x: 1,y: 2},to: {x: 1,y: 2},name: "twice"}',
  'Module.keysOf({value: {b: 1, a: [2]}})': '"a,b"',
  'Module.keysOf({value: new Methods(3, 4)})': '"x,y"',
  'Module.samePair(new Pair())': '[3,4]',
  'Module.samePair((function() { return arguments; })(5, 6))': '[5,6]',
  'Module.samePair(new Int16Array([7, 8]))': '[7,8]',
  'Module.bytesOf(new Bytes([1, 255]))': '"01ff"',
  'Module.samePoint(loop)': 'TypeError: samePoint: an argument is or has an object that is in itself: it can\'t be copied',
  'Module.samePair(loops)': 'TypeError: samePair: an argument is or has an object that is in itself: it can\'t be copied',
  'Module.loop()': 'TypeError: loop: what it returns is or has an object that is in itself: it can\'t be copied',
  'Module.samePoint(new Nameless())': 'TypeError: samePoint: Missing field: "x"',
}


@pytest.mark.parametrize('mode', MODES)
def test_foreign_objects(build, run, engine, mode):
  check(run, program(build, *MODES[mode]), engine, FOREIGN, """
    class Accessors { get x() { return 1; } get y() { return 2; } }
    class Methods { constructor(x, y) { this.x = x; this.y = y; } toJSON() {} }
    Object.defineProperty(Methods.prototype, 'scale', {value() {}, enumerable: true});
    class Nameless { x() {} y() {} }
    class Pair { get length() { return 2; } get 0() { return 3; } get 1() { return 4; } }
    class Bytes extends Uint8Array {}
    const point = {x: 1, y: 2};
    const loop = {x: 1, y: 2};
    loop.self = loop;
    const loops = [];
    loops.push(loops);
  """)


@pytest.mark.browser_only(reason='about objects of browsers')
def test_objects_of_the_browser(build, run, engine):
  check(run, program(build, '-O1'), engine, {
    'Module.samePoint(new DOMPoint(1, 2))': '{x: 1,y: 2}',
    'Module.samePoint(new DOMRect(3, 4, 5, 6))': '{x: 3,y: 4}',
    'Module.samePoint(new MouseEvent("click", {clientX: 7, view: window}))': '{x: 7,y: 0}',
  })


OBJECTS = {
  'Promise.resolve(c instanceof Module.Counter && c instanceof Module.Base && !(base instanceof Module.Counter))': 'true',
  'Promise.resolve(c.constructor == Module.Counter && Module.Counter.name == "Counter")': 'true',
  'Module.Counter.living()': '3',
  'c.add(1)': '4',
  'c.add(1, 2)': '7',
  'c.count': '7',
  # In the order in which they are written.
  '(c.count = 20, c.count)': '20',
  'c.half': '10',
  'Module.deputy.set(c, "half", 1.5)': 'undefined',
  'c.count ': '3',
  'c.fixed': '7',
  'Module.deputy.set(c, "fixed", 1)': 'BindingError: Counter.fixed: Counter.fixed is a read-only property',
  '(Module.Counter.total = 5, Module.Counter.total)': '5',
  'Module.deputy.set(Module.Counter, "total", 6).then(() => Module.Counter.total)': '6',
  'c.who()': '"counter"',
  'base.who()': '"base"',
  'c.twice(4)': '8',
  'Module.who(c)': '"counter"',
  'Module.who(base)': '"base"',
  'Module.Counter.sum(c, c)': '6',
  'Module.Counter.sum(c, null)': '103',
  'Module.Counter.sum(null, c)': 'BindingError: Counter.sum: null is not a valid Counter',
  'Module.Counter.sum(base, c)': 'BindingError: Counter.sum: Expected null or instance of Counter, got an instance of Base',
  'Module.Counter.sum(c, {})': 'BindingError: Counter.sum: Cannot pass "[object Object]" as a Counter const*',
  'Module.Counter.sum(c, 1)': 'BindingError: Counter.sum: Cannot pass "1" as a Counter const*',
  'new Module.Counter(1, 2).then((other) => other.count)': '3',
  'Module.Counter.create().then((other) => other.count)': '0',
  'new Module.Counter(1, 2, 3).catch(({name}) => name)': '"BindingError"',
  'Module.Counter.living() ': '5',
  'c.me().then((me) => me.isAliasOf(c))': 'true',
  'c.isAliasOf(base)': 'false',
  'c.copy().then(async (copy) => [await copy.isAliasOf(c), await copy.count, await copy.delete()])': '[false,3,undefined]',
  'c.clone().then(async (clone) => [await clone.delete(), clone.isDeleted(), c.isDeleted(), await c.count])': '[undefined,true,false,3]',
  'base.delete()': 'undefined',
  'base.delete() ': 'BindingError: Base.delete: Base instance already deleted',
  'base.who() ': 'BindingError: Base.who: Base instance already deleted',
  'Module.who(base) ': 'BindingError: who: Base instance already deleted',
  'c.delete()': 'undefined',
  'Module.Counter.living()  ': '3',
  # Smart pointers.
  'Promise.resolve(shared instanceof Module.Shared)': 'true',
  'shared.name': '"bob"',
  'Module.usesOf(shared)': '1',
  'Module.keep(shared)': 'undefined',
  'Module.usesOf(shared) ': '2',
  'Module.getLast().then(async (last) => [await last.name, await last.isAliasOf(shared), await last.delete()])': '["bob",true,undefined]',
  'Module.hold(shared, 4).then((holder) => Module.nameOf(holder))': '"bob"',
  'shared.delete()': 'undefined',
  'Module.getLast().then(({name}) => name)': '"bob"',
  'Module.keep(null)': 'undefined',
  'Module.getLast()': 'null',
  # What is not a class of the program's.
  'numbers.push_back(4).then(() => numbers.push_back(5))': 'undefined',
  'numbers.get(1)': '5',
  'numbers.get(2)': 'undefined',
  'numbers.set(1, 6)': 'true',
  '(async () => { const all = []; for await (const number of numbers) all.push(number); return all; })()': '[4,6]',
}


@pytest.mark.parametrize('mode', MODES)
def test_objects(build, run, engine, mode):
  check(run, program(build, *MODES[mode]), engine, OBJECTS, '''
    const c = await new Module.Counter(3);
    const base = await Module.Base.create();
    const shared = await new Module.Shared('bob');
    await Module.note(0);
    const numbers = await new Module.Numbers();
  ''')


def test_objects_are_of_one_thread(build, run, engine):
  # Of several that serve. When it ends, they are not there any more; others can be made, also where the other thread
  # has not begun yet.
  result = run(program(build, *MODES['threads']), engine, module=HOLD, page_js=SHOW + """
    const c = await new Module.Counter(1);
    await Promise.all(Array.from({length: 500}, () => c.add(1)));
    const count = await c.count;
    const ended = await show(() => Module.endThread());
    const other = new Module.Counter(7);
    release();
    return [count, ended, await show(() => c.count), await (await other).count];
  """)
  assert result.report == [501, 'Error: endThread has not returned: the thread that served it has ended',
                           'BindingError: Counter.count: Counter instance already deleted', 7]


# ---- What there is not -------------------------------------------------------


def test_refused(build, run, engine):
  # And what is called next works.
  stays = 'which stays on the page: the deputy can\'t call it, as the page does not wait. ' \
          'Have C++ return what the page needs, or call the page by MAIN_THREAD_ASYNC_EM_ASM'
  val = 'is an emscripten::val, a reference to a value of the thread\'s own JavaScript: there is none to a value of the page\'s. ' \
        'Take a copy, by a type of C++ or value_object()'
  check(run, program(build, *MODES['O1']), engine, {
    'Module.takeVal({})': f'TypeError: takeVal: argument 1 {val}',
    'Module.takeVal(() => 1)': f'TypeError: takeVal: an argument is or has a function, {stays}',
    'Module.samePoint({x: 1, y: () => 2})': f'TypeError: samePoint: an argument is or has a function, {stays}',
    'Module.sameInt(Symbol())': f'TypeError: sameInt: an argument is or has a symbol, {stays}',
    'Module.sameInt(Module.sameInt(1))': 'TypeError: sameInt: an argument is a Promise: await it first',
    'Module.functionOfJs()': 'TypeError: functionOfJs: what it returns is or has a function, which stays on the thread where it is: '
                             'return data, or an object of a bound class',
    'Module.Counter()': "BindingError: Use 'new' to construct Counter",
    'Module.add(1, 2)': '3',
  })


# ---- Errors ------------------------------------------------------------------

@pytest.mark.parametrize('mode', EXCEPTIONS)
def test_exceptions(build, run, engine, mode):
  if mode == 'wasm':
    need(run, engine, 'exnref', EXNREF)
  if mode == 'wasm legacy' and engine == 'webkit':
    pytest.skip('WebKit 2.50 loses legacy wasm exceptions that pass a destructor, with upstream and one thread, too')
  check(run, program(build, *EXCEPTIONS[mode]), engine, {
    'Module.fail(0)': 'CppException: fail: std::out_of_range: out of it',
    'Module.fail(1)': 'CppException: fail: int',
    'Module.fail(2)': 'RangeError: fail: of JavaScript',
    'Module.fail(3)': '3',
    'c.fail()': 'CppException: Counter.fail: std::runtime_error: it failed: \u00fc',
    'c.add(1)': '1',
  }, 'const c = await new Module.Counter();')


COROUTINES = ['-sDEPUTY_THREAD', '-lembind', '-std=c++20', '-O1', '-sMODULARIZE']


@pytest.mark.parametrize('mode', EXCEPTIONS)
def test_coroutines(build, run, engine, mode):
  if mode == 'wasm':
    need(run, engine, 'exnref', EXNREF)
  check(run, build('deputy/test_call_coroutines.cpp', *COROUTINES, *EXCEPTIONS[mode]), engine, {
    'Module.add(1, 2)': '5',
    'Promise.all(Array.from({length: 3000}, (unused, i) => Module.add(i, i))).then((sums) => sums.every((sum, i) => sum == 2 * i + 2))': 'true',
    'Module.greet("x".repeat(1000)).then(({length}) => length)': '1007',
    'Module.atOnce()': '1',
    'c.addLater(2)': '2',
    'c.count': '2',
    'Module.make().then((counter) => counter.addLater(3))': '3',
    'Module.fail(0)': 'CppException: fail: std::runtime_error: at once',
    'Module.fail(1)': 'CppException: fail: std::runtime_error: later',
    'Module.fail(4)': 'CppException: fail: std::runtime_error: at once',
    'Module.fail(5)': 'CppException: fail: std::runtime_error: later',
    'Module.refused()': 'RangeError: refused: of JavaScript',
    'Module.howManyLive()': '0',
  }, 'const c = await new Module.Counter();')


def test_coroutine_leaves_its_thread_free(build, run, engine):
  # Of several threads each has one call, but for those that end later.
  result = run(build('deputy/test_call_coroutines.cpp', *COROUTINES, '-sDEPUTY_CALL_THREADS=2'), engine, page_js="""
    await Module.deputy.started;
    const gate = Module.waitAtGate();
    const sums = Promise.all(Array.from({length: 1000}, (unused, i) => Module.add(i, i)));
    await Module.openGate();
    return [await gate, (await sums).every((sum, i) => sum == 2 * i + 2)];
  """)
  assert result.report == [1, True]


@pytest.mark.parametrize('way', ['crash', 'terminate', 'leave'])
def test_coroutine_does_not_end(build, run, engine, way):
  # What the page waits for is rejected.
  program = build('deputy/test_call_coroutines.cpp', *COROUTINES, '-sEXIT_RUNTIME')
  result = run(program, engine, survive=True, page_js=SHOW + f'''
    await Module.deputy.started;
    const calls = [show(() => Module.never())];
    if ('{way}' == 'terminate') setTimeout(Module.deputy.terminate, 20);
    else calls.push(show(() => Module.{way}()));
    return [...await Promise.all(calls), await Module.deputy.exited.catch(({{message}}) => message)];
  ''')
  why = {'crash': 'nreachable', 'terminate': 'terminated by Module.deputy.terminate()', 'leave': 'has ended'}[way]
  *calls, end = result.report
  assert all('has not returned: ' in call and why in call for call in calls)
  assert end == 3 if way == 'leave' else why in end


def test_errors_have_the_stack_of_the_thread(build, run, engine):
  result = run(program(build, '-O1', '-g'), engine, page_js="""
    await Module.deputy.started;
    return Module.fail(2).then(() => 'no', ({stack}) => stack);
  """)
  assert result.report.startswith('RangeError: fail: of JavaScript\n')
  assert 'serve' in result.report


# ---- Order, and a page that does not wait -------------------------------------


@pytest.mark.parametrize('mode', ['O1', 'closure'])
def test_order(build, run, engine, mode):
  # With calls of C, and more of both than can be under way.
  result = run(program(build, *MODES[mode]), engine, page_js="""
    await Module.deputy.started;
    const calls = [];
    for (let i = 0; i < 4000; i += 2) calls.push(Module._note_in_c(i), Module.note(i + 1));
    const noted = await Module.takeNotes();
    await Promise.all(calls);
    const all = [];
    for await (const number of noted) all.push(number);
    return all;
  """)
  assert result.report == list(range(4000))


@pytest.mark.parametrize('flags', [['-O1'], ['-O3', '--closure=1', '-Wno-closure']], ids=' '.join)
def test_page_does_not_wait(build, run, engine, flags):
  # A thread holds malloc's lock, so the deputy waits; of the page's calls none allocates.
  result = run(program(build, *flags, '-DOWN_MALLOC', '-sMODULARIZE', '-sDEPUTY_INLINE_EXPORTS=release', '-sPTHREAD_POOL_SPARE=2'), engine,
               page_js=SHOW + """
    const c = await new Module.Counter(1);
    const before = await Module.pageAllocations();
    await Module.holdMalloc();
    let ended = 0;
    const calls = [];
    for (let i = 0; i < 2000; i++) {
      calls.push(Module.sameString('x'.repeat(50)), new Module.Shared('name').then((shared) => shared.delete()), c.count);
    }
    for (const call of calls) call.then(() => ended++);
    await pause(200);
    const endedWhileHeld = ended;
    Module._release();
    await Promise.all(calls);
    return [endedWhileHeld, ended, await Module.pageAllocations() - before];
  """)
  while_held, ended, allocations = result.report
  assert while_held <= 1
  assert ended == 6000
  assert allocations == 0


# ---- What the page lets go of --------------------------------------------------


@pytest.mark.engines('node', 'chromium', reason='what makes others collect garbage is not known')
def test_collected(build, run, engine):
  # Objects that a smart pointer holds; upstream keeps those of raw pointers, too.
  result = run(program(build, '-O1', '-sMODULARIZE'), engine, timeout=60, page_js=SHOW + """
    if (!globalThis.document) process.getBuiltinModule('v8').setFlagsFromString('--expose-gc');
    const collect = globalThis.document ? () => new Array(3e6).fill(0).map((unused, i) => [i]) : process.getBuiltinModule('vm').runInNewContext('gc');
    const held = await new Module.Shared('held');
    await (async () => {
      for (let i = 0; i < 20; i++) await new Module.Shared(`${i}`);
      for (let i = 0; i < 20; i++) await new Module.Counter(i);
      for (let i = 0; i < 20; i++) await (await new Module.Shared(`${i}`)).delete();
    })();
    const before = await Module.Counter.living();
    await until(async () => {
      collect();
      return await Module.Counter.living() == 21;
    });
    return [before > 21, await Module.Counter.living(), await held.name];
  """)
  assert result.report == [True, 21, 'held']


# ---- Policies ----------------------------------------------------------------


def test_inline(build, run, engine):
  # They are upstream's.
  result = run(program(build, '-O1', '-sMODULARIZE', '-DANY_THREAD', '-sDEPUTY_INLINE_EXPORTS=Base,Counter,same*'), engine, page_js=SHOW + """
    const c = new Module.Counter(3);
    c.count = 4;
    return [c.add(1), c.count, Module.sameInt(7), c instanceof Module.Base, await show(() => Module.who(c)), await Module.add(1, 2)];
  """)
  assert result.report == [5, 5, 7, True, "BindingError: who: Counter is in DEPUTY_INLINE_EXPORTS: its objects are the page's own, "
                                          "and can't be passed to what runs on the deputy", 3]


def test_sync(build, run, engine):
  # On the deputy, and the page waits.
  result = run(program(build, '-O1', '-sMODULARIZE', '-sDEPUTY_SYNC_EXPORTS=Counter,same*'), engine, page_js=SHOW + """
    const c = new Module.Counter(3);
    c.count = 4;
    const failed = [() => c.add(1, 2, 3), () => Module.samePoint({}), () => Module.sameInt(() => 1)].map((call) => {
      try {
        return call();
      } catch ({name}) {
        return name;
      }
    });
    return [c.add(1), c.count, Module.sameString('a'), c instanceof Module.Base, await Module.who(c), ...failed, c.delete()];
  """)
  assert result.report == [5, 5, 'a', True, 'counter', 'BindingError', 'TypeError', 'TypeError', None]


def test_throw(build, run, engine):
  result = run(program(build, '-O1', '-sMODULARIZE', '-sDEPUTY_CALLS=throw', '-sDEPUTY_ASYNC_EXPORTS=who,Base'), engine, page_js="""
    const base = await new Module.Base();
    return [await Module.who(base), ...[() => Module.add(1, 2), () => new Module.Counter(), () => Module.Counter.total].map((call) => {
      try {
        return call();
      } catch ({message}) {
        return message;
      }
    })];
  """)
  base, *messages = result.report
  assert base == 'base'
  for message, (what, name) in zip(messages, [('add', 'add'), ('new Counter', 'Counter'), ('Counter.total', 'Counter')], strict=True):
    assert message.startswith(f"{what} can't be called on the UI thread (DEPUTY_CALLS=throw). Have {name} in DEPUTY_ASYNC_EXPORTS")


# ---- Ends --------------------------------------------------------------------


def test_assignment_that_fails(build, run, engine):
  # There is no Promise of it: it is told as any that nobody has awaited.
  result = run(program(build, '-O1', '-sMODULARIZE'), engine, page_js=SHOW + """
    const reasons = [];
    if (globalThis.document) {
      addEventListener('unhandledrejection', (event) => {
        reasons.push(event.reason.message);
        event.preventDefault();
      });
    } else {
      process.removeAllListeners('unhandledRejection').on('unhandledRejection', ({message}) => reasons.push(message));
    }
    const c = await new Module.Counter();
    c.fixed = 1;
    await until(() => reasons.length);
    return reasons;
  """)
  assert result.report == ['Counter.fixed: Counter.fixed is a read-only property']


def test_after_the_end(build, run, engine):
  result = run(program(build, '-O1', '-sMODULARIZE', '-sEXIT_RUNTIME'), engine, page_js=SHOW + """
    const c = await new Module.Counter();
    const before = c.add(1);
    Module.deputy.terminate();
    return [await show(() => before), await show(() => c.add(1)), await show(() => new Module.Counter()), await show(() => c.delete())];
  """)
  ended = "can't be called, or has not returned: "
  assert result.report[0] in {'1'} or ended in result.report[0]
  for shown in result.report[1:]:
    assert ended in shown


# ---- JSPI --------------------------------------------------------------------


def test_async(build, run, engine):
  # What may be suspended, on the deputy; where there is no JSPI it blocks.
  result = run(build('deputy/test_jspi_embind.cpp', '-sDEPUTY_THREAD', '-sMODULARIZE', '-sJSPI', '-Wno-experimental', '-lembind', '-O1'),
               engine, page_js="""
    return Promise.all([1, 2, 3].map((value) => Module.addInThread(value, 100)));
  """)
  assert result.report == [101, 102, 103]


# ---- TypeScript --------------------------------------------------------------


def test_types(tmp_path):
  flags = ['-sDEPUTY_THREAD', '-lembind', '-std=c++17', '-sEXPORT_ES6', '-sDEPUTY_INLINE_EXPORTS=release,view,Base', '-sDEPUTY_SYNC_EXPORTS=half']
  done = subprocess.run([EMCC, HERE / 'deputy/test_call_embind.cpp', *flags, '--emit-tsd', 'program.d.mts', '-o', tmp_path / 'program.mjs'],
                        capture_output=True, text=True, check=False)
  assert done.returncode == 0, done.stderr
  (tmp_path / 'page.mts').write_text("""
    import factory from './program.mjs';
    const module = await factory();
    const noted: Promise<void> = module._note_in_c(1);
    module._release() satisfies void;
    const sum: number = await module.add(1, 2, 3);
    const text: string = await module.sameString(new Uint8Array([1]));
    const c = await new module.Counter(1);
    const other = await module.Counter.create(1, 2);
    const count: number = await c.count;
    c.count = 2;
    await module.deputy.set(c, 'count', 3);
    const total: number = await module.Counter.total;
    const isSame: boolean = await c.isAliasOf(await c.clone());
    const shared = await new module.Shared('text');
    for await (const number of await module.takeNotes()) number satisfies number;
    await c.delete();
    const half: number | undefined = module.half(2);
    module.view();
    const name: string = new module.Base().who();
    const status: number = await module.deputy.exited;
    const answer: number = await module.deputy.call('f', 'number', ['string'], ['text'], { signal: AbortSignal.timeout(10) });
    // @ts-expect-error
    const direct: number = module._note_in_c(1);
    // @ts-expect-error
    const unawaited: number = module.add(1, 2);
    // @ts-expect-error
    const object: { count: number } = new module.Counter(1);
    // @ts-expect-error
    c.fixed = 1;
  """)
  done = subprocess.run([TSC, '--noEmit', '--strict', '--target', 'esnext', '--module', 'nodenext', tmp_path / 'page.mts'],
                        capture_output=True, text=True, check=False)
  assert (done.returncode, done.stdout) == (0, '')
