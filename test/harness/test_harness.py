# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Tests of the harness itself, with plain JavaScript and hand-made programs; two at the end compile.

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from harness.build import CompileError, Program
from harness.keeper import Kept
from harness.result import RunFailed
from harness.server import Answer

PROGRAMS = Path(__file__).parent / 'programs'
browser_only = pytest.mark.browser_only(reason='about pages')

WORKER_SUM = '''
  const worker = new Worker('worker.js');
  const words = new Int32Array(new SharedArrayBuffer(8));
  const answered = new Promise((resolve, reject) => {
    worker.onmessage = resolve;
    worker.onerror = () => reject(new Error('no worker'));
  });
  worker.postMessage(words);
  await answered;
  return words[1];
'''
WORKER = 'onmessage = ({data}) => { Atomics.store(data, 1, 42); postMessage(0); }'


@pytest.fixture
def program(tmp_path):
  def write(text, **options):
    (tmp_path / 'program.js').write_text(text)
    return Program(tmp_path, 'program.js', **options)
  return write


def test_report_arrives(run, engine):
  result = run(None, engine, page_js='await report(1); return {deep: [2]}')
  assert result.reports == [1, {'deep': [2]}]
  assert result.report == {'deep': [2]}


def test_page_js_that_throws_fails(run, engine):
  with pytest.raises(RunFailed, match='page_js threw TypeError: nonsense'):
    run(None, engine, page_js='throw new TypeError("nonsense")')


@browser_only
def test_console_errors_and_rejections_are_recorded(run, engine):
  result = run(None, engine, page_js='''
    console.warn('careful', {n: 1});
    const error = new Promise((resolve) => addEventListener('error', resolve, {once: true}));
    const rejection = new Promise((resolve) => addEventListener('unhandledrejection', resolve, {once: true}));
    setTimeout(() => { throw new Error('uncaught') });
    Promise.reject(new RangeError('unhandled'));
    await Promise.all([error, rejection]);
  ''')
  assert result.console == [{'level': 'warn', 'text': 'careful {"n":1}'}]
  assert 'uncaught' in result.errors[0]['message']
  assert [(entry['name'], entry['message']) for entry in result.rejections] == [('RangeError', 'unhandled')]


@browser_only
def test_a_page_is_isolated_and_shares_memory(run, engine):
  result = run(None, engine, files={'worker.js': WORKER}, page_js='if (!crossOriginIsolated) return;' + WORKER_SUM)
  assert result.report == 42


@browser_only
def test_isolated_false(run, engine):
  result = run(None, engine, isolated=False, page_js='return [crossOriginIsolated, typeof SharedArrayBuffer]')
  # JSC_useSharedArrayBuffer gives WebKitGTK the type everywhere; posting one still needs isolation.
  assert result.report == [False, 'function' if engine == 'webkit' else 'undefined']


@browser_only
def test_a_page_can_be_html(run, engine):
  result = run(None, engine, page='<!doctype html><canvas id="c" width="7"></canvas><script>report(c.width)</script>')
  assert result.report == 7


FETCH = '''
  try {
    const answer = await fetch('data.bin');
    return [answer.status, (await answer.text()).length];
  } catch (error) {
    return error.name;
  }
'''


@browser_only
@pytest.mark.parametrize('rule, report', [
  (Answer(), [200, 1000]),
  (Answer(status=404), [404, 0]),
  (Answer(status=500), [500, 0]),
  (Answer(truncate=10), 'TypeError'),
  (Answer(status=404, skip=1), [200, 1000]),
  (Answer(status=404, dest='worker'), [200, 1000]),
], ids=['default', '404', '500', 'truncate', 'skip', 'dest'])
def test_answers(run, engine, rule, report):
  result = run(None, engine, files={'data.bin': 'x' * 1000}, rules={'data.bin': rule}, page_js=FETCH)
  assert result.report == report


@browser_only
def test_delayed_answer(run, engine):
  result = run(None, engine, files={'data.bin': ''}, rules={'data.bin': Answer(delay=0.3)},
               page_js='const start = performance.now(); await fetch("data.bin"); return performance.now() - start')
  assert 290 <= result.report < 5000


@browser_only
def test_path_never_answered(run, engine):
  result = run(None, engine, files={'data.bin': ''}, rules={'data.bin': Answer(hang=True)}, page_js='''
    return await fetch('data.bin', {signal: AbortSignal.timeout(300)}).then(() => 'answered', (error) => error.name)
  ''')
  assert result.report in {'TimeoutError', 'AbortError'}  # WebKit's
  assert any('never answered' in line for line in result.requests)


@browser_only
def test_worker_without_coep_is_refused(run, engine):
  rules = {'worker.js': Answer(headers={'Cross-Origin-Embedder-Policy': None})}
  with pytest.raises(RunFailed, match='no worker'):
    run(None, engine, files={'worker.js': WORKER}, rules=rules, page_js=WORKER_SUM)


@browser_only
def test_csp_blocks_a_worker_and_is_reported(run, engine):
  result = run(None, engine, csp="worker-src 'none'", files={'worker.js': WORKER}, page_js='''
    const violated = new Promise((resolve) => document.addEventListener('securitypolicyviolation', resolve));
    try {
      new Worker('worker.js').onerror = () => {};
    } catch {}
    await violated;
  ''')
  assert [entry['directive'] for entry in result.csp] == ['worker-src']


def test_hung_thread_fails_at_the_limit_with_what_came_before(run, engine):
  with pytest.raises(RunFailed, match='no end within 3 s') as failed:
    run(None, engine, timeout=3, page_js='console.log("last words"); for (;;);')
  result = failed.value.result
  assert 'last words' in result.describe()
  assert 2.9 < result.duration < 6
  # The engine is of use again, and fresh.
  assert run(None, engine, page_js='return 1').report == 1


@browser_only
def test_workers_of_the_page_before_are_gone(run, engine):
  worker = {'spin.js': "navigator.locks.request('spin', {mode: 'shared'}, () => { postMessage(0); for (;;); });"}
  held = "(await navigator.locks.query()).held.filter(({name}) => name == 'spin').length"
  assert run(None, engine, files=worker, page_js=f'''
    const started = (_) => new Promise((resolve) => {{ new Worker('spin.js').onmessage = resolve; }});
    await Promise.all([1, 2, 3].map(started));
    return {held};
  ''').report == 3
  run(None, engine, page_js='return 0')
  assert run(None, engine, page_js=f'''
    const end = performance.now() + 10000;
    while ({held} && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
    return {held};
  ''').report == 0


def test_upload(run, engine):
  result = run(None, engine, page_js='await upload("a b.bin", new Uint8Array([0, 255, 10]))')
  assert result.uploads == {'a b.bin': b'\x00\xff\n'}


@pytest.mark.quiet
def test_ui_gaps(run, engine):
  result = run(None, engine, page_js='''
    await new Promise((resolve) => setTimeout(resolve, 100));
    const end = performance.now() + 300;
    while (performance.now() < end);
    const {max} = uiGaps.summary();
    uiGaps.reset();
    return max;
  ''')
  assert 299 <= result.report < 3000
  assert result.ui_gaps['max'] < 299


def test_many_lines_arrive_in_order(run, engine, program):
  result = run(program('for (let i = 0; i < 3000; i++) (globalThis.harnessConfig ? Module.print : console.log)(`${i}`);'
                       'globalThis.harnessConfig && Module.onExit(0);'), engine, expect_exit=0)
  assert result.stdout == [str(i) for i in range(3000)]


DEPUTY = '''
  Module.deputy = {started: Promise.resolve(), exited: new Promise((resolve) => Module.end = resolve)};
'''


def test_deputy_promises_are_followed(run, engine, program):
  result = run(program(DEPUTY), engine, args=['one', 2], expect_exit=7, page_js='''
    report([await Module.deputy.started, Module.arguments]);
    Module.end(7);
  ''')
  assert result.started == 'resolved'
  assert result.report == [None, ['one', '2']]


def test_rejected_deputy(run, engine, program):
  result = run(program(f'const error = new RangeError("no memory"); {DEPUTY}'
                       'Module.deputy = {started: Promise.reject(error), exited: Promise.reject(error)};'),
               engine, module={})
  assert result.started == {'rejected': 'no memory'}
  assert (result.rejection['name'], result.rejection['message']) == ('RangeError', 'no memory')
  assert result.exit_code is None


def test_other_exit_code_fails(run, engine, program):
  with pytest.raises(RunFailed, match='exit code 3, not 0'):
    run(program('Module.onExit(3)'), engine, module={}, expect_exit=0)


def test_abort(run, engine, program):
  result = run(program('Module.onAbort("out of luck")'), engine, module='{onAbort(what) { report(what + "!") }}')
  assert (result.aborted, result.report) == ('out of luck', 'out of luck!')


def test_factory(run, engine, program):
  module = program('var Maker = async (module) => ({...module, answer: 42});'
                   'typeof exports == "object" && (module.exports = Maker)', kind='factory', export_name='Maker')
  assert run(module, engine, page_js='return Module.answer').report == 42


def test_factory_that_rejects(run, engine, program):
  module = program('var Maker = async () => { throw new Error("no wasm") };'
                   'typeof exports == "object" && (module.exports = Maker)', kind='factory', export_name='Maker')
  assert run(module, engine, module={}).rejection['message'] == 'no wasm'


def test_es6_module(run, engine, tmp_path):
  (tmp_path / 'program.mjs').write_text('export default async (module) => ({...module, answer: 42});')
  assert run(Program(tmp_path, 'program.mjs', 'es6'), engine, page_js='return Module.answer').report == 42


@browser_only
def test_program_that_cannot_be_loaded(run, engine, program):
  result = run(program(''), engine, rules={'program.js': Answer(status=404)})
  assert 'could not load' in result.errors[0]['message']
  assert result.exit_code is None


@pytest.mark.engines('node', reason='about processes')
def test_plain_node(run, engine, program):
  result = run(program('console.log(process.argv.slice(2).join()); console.error("e"); process.exit(5)'),
               engine, args=['a', 'b'], expect_exit=5)
  assert (result.stdout, result.stderr) == (['a,b'], ['e'])


def test_build_and_run(build, run, engine):
  result = run(build('programs/hello.cpp', '-pthread', '-sPROXY_TO_PTHREAD', '-sEXIT_RUNTIME'), engine,
               args=['one', 'two'], expect_exit=9)
  result.check_out(PROGRAMS / 'hello.out')
  assert 'to stderr' in result.stderr  # Node's exit may add a note about a terminated worker


def test_compile_error_has_the_command_and_the_message(build):
  with pytest.raises(CompileError, match=r'(?s)-DNONSENSE .*exit code 1.*NONSENSE is defined'):
    build('programs/hello.cpp', '-DNONSENSE')


def family(mark):
  return [process for process in psutil.process_iter(['environ'])
          if (process.info['environ'] or {}).get('DEPUTY_FAMILY') == mark]


@pytest.mark.parametrize('how', ['kill', 'owner dies'])
def test_no_process_survives(tmp_path, how):
  # The grandchild leaves its session and its parent, as browsers' helpers do.
  mark = f'{os.getpid()} {how}'
  command = ['sh', '-c', f'export DEPUTY_FAMILY="{mark}"; setsid sh -c "sleep 1000 & exit"; exec sleep 1000']
  if how == 'kill':
    end = Kept(command, tmp_path).kill
  else:
    script = ('import sys, time; from pathlib import Path; sys.path.insert(0, sys.argv[1]);'
              'from harness.keeper import Kept; kept = Kept(sys.argv[3:], Path(sys.argv[2])); time.sleep(1000)')
    owner = subprocess.Popen([sys.executable, '-c', script, str(Path(__file__).parents[1]), str(tmp_path), *command])
    end = owner.kill
  try:
    wait_for(lambda: len([process for process in family(mark) if process.name() == 'sleep']) == 2)
  finally:
    end()
  wait_for(lambda: not family(mark))


def wait_for(condition, seconds=20):
  end = time.monotonic() + seconds
  while not condition():
    assert time.monotonic() < end, 'the condition never came true'
    time.sleep(0.02)
