# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# How a program with a deputy starts and ends: Module.deputy.started, .exited and .thread, exit codes, and every
# way in which a start can fail. Sources in deputy/.

import subprocess
from pathlib import Path

import pytest
from harness.features import EXCEPTIONS
from harness.server import Answer

browser_only = pytest.mark.browser_only(reason='about pages and what serves them')
node_only = pytest.mark.engines('node', reason='a page has no process that ends, and no way to collect garbage')
HERE = Path(__file__).parent
BOUND_S = 12  # a failed start is known within 10 s, plus the page's own load

# ---- Exit --------------------------------------------------------------------

STATUS = {
  'return': 21,
  'exit': 22,
  '_Exit': 23,
  'exit_from_thread': 24,
  'pthread_exit': 0,
  'cancel': 0,
  'keepalive': 25,
  'quick_exit': 27,
}


@pytest.mark.parametrize('exit_runtime', [0, 1], ids=['runtime_stays', 'runtime_exits'])
@pytest.mark.parametrize('way', STATUS)
def test_exit_status(build, run, engine, way, exit_runtime):
  program = build('deputy/test_exit.c', '-sDEPUTY_THREAD', f'-sEXIT_RUNTIME={exit_runtime}')
  result = run(program, engine, args=[way], expect_exit=STATUS[way])
  later = ['later'] if way == 'keepalive' else []
  at_exit = ['atexit'] if exit_runtime and way not in {'_Exit', 'quick_exit'} else []
  assert result.stdout == [way, *later, *at_exit]
  # A program that ended as it should prints nothing of its own accord.
  assert result.stderr == []
  assert result.errors == []


def test_raise(build, run, engine, tmp_path):
  # As _Exit(): neither atexit() handlers nor what waits at the event loop.
  (tmp_path / 'main.c').write_text('''
    #include <emscripten.h>
    #include <signal.h>
    #include <stdio.h>
    #include <stdlib.h>
    static void later(void* unused) { puts("later"); }
    static void at_exit(void) { puts("at exit"); }
    int main() {
      atexit(at_exit);
      emscripten_async_call(later, NULL, 0);
      puts("main");
      raise(SIGINT);
    }
  ''')
  for flag in ['-sEXIT_RUNTIME', '-sEXIT_RUNTIME=0']:
    assert run(build(tmp_path / 'main.c', '-sDEPUTY_THREAD', flag), engine, expect_exit=130).stdout == ['main']


CRASHES = {
  'thread_traps': 'unreachable',
  'abort': 'Aborted(native code called abort())',
  'trap': 'unreachable',
}


@pytest.mark.parametrize('way', CRASHES)
def test_crash_rejects_exited(build, run, engine, way):
  program = build('deputy/test_exit.c', '-sDEPUTY_THREAD', '-sMODULARIZE')
  result = run(program, engine, args=[way], survive=True, page_js='''
    return Module.deputy.exited.then(
      () => 'resolved', ({name, message, stack}) => ({name, message, stack}));
  ''')
  assert result.report['name'] == 'RuntimeError'
  assert CRASHES[way].lower() in result.report['message'].lower()
  # The stack is the thread's own.
  assert 'invokeEntryPoint' in result.report['stack']


def test_crash_at_once(build, run, engine, tmp_path):
  # It is no start that failed, whichever the page hears of first: that main() runs, or that it has died.
  (tmp_path / 'main.c').write_text('int main() { __builtin_trap(); }')
  program = build(tmp_path / 'main.c', '-sDEPUTY_THREAD')
  for _ in range(5):
    result = run(program, engine, survive=True, page_js='''
      const {started, exited} = Module.deputy;
      return [await started.then(() => 'started', String), await exited.catch(({name}) => name)];
    ''')
    assert result.report == ['started', 'RuntimeError']
    assert 'could not be started' not in ' '.join(result.stderr)


def test_sleep_at_exit(build, run, engine, tmp_path):
  # With ASYNCIFY, which has exit() on the stack: upstream's error, and no other.
  (tmp_path / 'main.c').write_text('''
    #include <emscripten.h>
    #include <stdlib.h>
    static void nap(void) { emscripten_sleep(1); }
    int main() { atexit(nap); }
  ''')
  program = build(tmp_path / 'main.c', '-sDEPUTY_THREAD', '-sASYNCIFY', '-sEXIT_RUNTIME')
  result = run(program, engine, survive=True, page_js='return Module.deputy.exited.catch(({message}) => message);')
  assert 'handleSleep called after Asyncify was shut down' in result.report
  assert 'function signature mismatch' not in ' '.join(result.stderr)


def test_crash_in_free(build, run, engine, tmp_path):
  # With malloc's lock, which nobody gives back: neither the thread itself nor the page waits for it. (The page may
  # hear of it when it is about to allocate.)
  (tmp_path / 'main.c').write_text('''
    #include <stdlib.h>
    int main() {
      void* block = malloc(1000);
      free(block);
      free(block);
    }
  ''')
  program = build(tmp_path / 'main.c', '-sDEPUTY_THREAD', '-O0')
  if engine == 'node':
    result = run(program, engine, expect_exit=1, timeout=10)
    assert 'native code called abort()' in ' '.join(result.stderr)
    return
  result = run(program, engine, survive=True, timeout=10, page_js='return Module.deputy.exited.catch(({message}) => message);')
  assert 'native code called abort()' in result.report or 'That thread has ended, and gives nothing back' in result.report


@pytest.mark.parametrize('flags', [[], ['-O3', '-flto'], ['-Oz', '--closure=1'], ['-sMAIN_MODULE=2'], ['-sASYNCIFY', '-DSLEEP=emscripten_sleep']], ids=' '.join)
def test_main_with_environment(build, run, engine, tmp_path, flags):
  (tmp_path / 'main.c').write_text('''
    #define _GNU_SOURCE
    #include <emscripten.h>
    #include <stdio.h>
    #include <string.h>
    #include <unistd.h>
    #ifndef SLEEP
    #define SLEEP usleep
    #endif
    int main(int argc, char** argv, char** envp) {
      SLEEP(1);
      printf("%d %d %s", argc, envp == environ, strchr(envp[0], '=') ? argv[argc - 1] : "no environment");
    }
  ''')
  result = run(build(tmp_path / 'main.c', '-sDEPUTY_THREAD', '-sEXIT_RUNTIME', *flags), engine, args=['one', 'two'], expect_exit=0)
  assert result.stdout == ['3 1 two']


@pytest.mark.parametrize('flags', [[], ['-O3', '--closure=1']], ids=' '.join)
def test_clock(build, run, engine, flags):
  program = build('deputy/test_clock.c', '-sDEPUTY_THREAD', '-sEXIT_RUNTIME', *flags)
  assert run(program, engine, expect_exit=0).stdout == ['done']


# What workers say of their end comes late, as exit() goes another way. (1 s is what the page waits for it.)
LATE = '''((ms, eventMs = ms) => {
  const place = globalThis.document ? globalThis : process.getBuiltinModule('node:worker_threads');
  const late = (type, listener) => type == 'message' || type == 'error' ? (e) => {
    const isLate = type == 'error' || (e.data ?? e).deputyCrash || (e.data ?? e).deputyPool == 'crashed';
    if (isLate) setTimeout(listener, type == 'error' ? eventMs : ms, e);
    else listener(e);
  } : listener;
  place.Worker = class extends place.Worker {
    addEventListener(type, listener) {
      super.addEventListener(type, late(type, listener));
    }
    on(type, listener) {
      return super.on(type, late(type, listener));
    }
    set onerror(listener) {
      super.onerror = late('error', listener);
    }
  };
  return {};
})'''


@pytest.mark.parametrize('exit_runtime', [0, 1], ids=['runtime_stays', 'runtime_exits'])
@pytest.mark.parametrize('way', ['return', 'exit', '_Exit', 'exit_from_thread', 'pthread_exit'])
def test_exit_after_crash(build, run, engine, way, exit_runtime):
  # The crash is told, not the exit's status.
  program = build('deputy/test_exit.c', '-sDEPUTY_THREAD', '-sMODULARIZE', f'-sEXIT_RUNTIME={exit_runtime}')
  outcome = '''
    return Module.deputy.exited.then((status) => `resolved: ${status}`, ({message}) => message);
  '''
  result = run(program, engine, args=[way, 'crash'], module=f'{LATE}(50)', survive=True, page_js=outcome)
  assert 'unreachable' in result.report.lower()
  if way == 'return' and engine != 'node':
    result = run(program, engine, args=[way, 'crash'], module=f'{LATE}(100000)', page_js=outcome)
    assert result.report == 'a thread has crashed, and its worker has not said of what'


@pytest.mark.browser_only(reason='a process ends with the error')
@pytest.mark.parametrize('delays', ['20, 200', '200, 20'], ids=['message_first', 'event_first'])
def test_error_event_comes_before_exit(build, run, engine, delays):
  # The page's own listener for errors hears of the crash before onExit.
  program = build('deputy/test_exit.c', '-sDEPUTY_THREAD', '-sMODULARIZE', '-sEXIT_RUNTIME')
  module = f'''((told) => {{
    addEventListener('error', ({{message}}) => told.push(message));
    const left = new Promise((resolve) => told.resolve = resolve);
    return Object.assign({LATE}({delays}), {{left, onExit: (status) => told.resolve([...told, status])}});
  }})([])'''
  told = run(program, engine, args=['return', 'crash'], module=module, survive=True, page_js='return Module.left;').report
  assert 'unreachable' in told[0].lower()
  # (Upstream's handler throws the event.)
  assert '[object ErrorEvent]' in told[1]
  assert told[2:] == [21]


@node_only
@pytest.mark.parametrize('way', ['trap', 'abort', 'rejection'])
def test_process_ends_after_crash(build, run, engine, tmp_path, way):
  # Whether or not the process survives the error.
  (tmp_path / 'main.c').write_text({
    'trap': 'int main() { __builtin_trap(); }',
    'abort': '#include <stdlib.h>\nint main() { abort(); }',
    'rejection': '#include <emscripten.h>\nint main() { EM_ASM({ Promise.reject("refused"); }); emscripten_exit_with_live_runtime(); }',
  }[way])
  (tmp_path / 'survive.js').write_text("if (!ENVIRONMENT_IS_PTHREAD) process.on('uncaughtException', () => {});")
  program = build(tmp_path / 'main.c', '-sDEPUTY_THREAD')
  # An error that comes first, and ends the process, must not be lost.
  for _ in range(5):
    result = run(program, engine, expect_exit=1)
    assert {'trap': 'unreachable', 'abort': 'native code called abort()', 'rejection': 'refused'}[way] in ' '.join(result.stderr)
    assert 'undefined: undefined' not in ' '.join(result.stderr)
  run(build(tmp_path / 'main.c', '-sDEPUTY_THREAD', '--post-js', tmp_path / 'survive.js'), engine, expect_exit=0, timeout=10)


@node_only
@pytest.mark.usefixtures('engine')
def test_memory_of_an_ended_program_is_freed(build, tmp_path):
  (tmp_path / 'main.c').write_text('int main() { return 0; }')
  (tmp_path / 'collect.js').write_text('''
    async function collect() {
      let isFreed = false;
      const registry = new FinalizationRegistry(() => { isFreed = true; });
      await (async () => {
        const instance = await Module();
        await instance.deputy.exited;
        registry.register(instance.wasmMemory.buffer, 'memory');
      })();
      for (let i = 0; i < 100 && !isFreed; i++) {
        gc();
        await new Promise((resolve) => { setTimeout(resolve, 20); });
      }
      process.exit(isFreed ? 0 : 1);
    }
    if (require('worker_threads').isMainThread) collect();
  ''')
  program = build(tmp_path / 'main.c', '-sDEPUTY_THREAD', '-sMODULARIZE', '-sEXIT_RUNTIME', '-sEXPORTED_RUNTIME_METHODS=wasmMemory',
                  '--extern-post-js', tmp_path / 'collect.js')
  subprocess.run(['node', '--expose-gc', program.path], check=True, timeout=30)


@pytest.mark.parametrize('how', ['exit(3)', '_Exit(3)', 'pthread_exit(0)'])
@pytest.mark.parametrize('exit_runtime', [0, 1], ids=['runtime_stays', 'runtime_exits'])
def test_end_before_main(build, run, engine, tmp_path, how, exit_runtime):
  # By a static constructor. Nobody waits for a start any more, nor for a call.
  (tmp_path / 'main.c').write_text(f'''
    #include <emscripten.h>
    #include <pthread.h>
    #include <stdlib.h>
    __attribute__((constructor)) static void end(void) {{ {how}; }}
    EMSCRIPTEN_KEEPALIVE int one(void) {{ return 1; }}
    int main() {{ return 1; }}
  ''')
  result = run(build(tmp_path / 'main.c', '-sDEPUTY_THREAD', '-sMODULARIZE', f'-sEXIT_RUNTIME={exit_runtime}'), engine, survive=True, page_js='''
    const {started, exited, pool} = Module.deputy;
    const failure = (promise) => promise.then(() => 'resolved', ({message}) => message);
    return [await exited, ...await Promise.all([started, Module._one(), pool.reserve(20)].map(failure))];
  ''')
  status = 0 if how == 'pthread_exit(0)' else 3
  assert result.report[0] == status
  assert all(f'ended, with status {status}' in message for message in result.report[1:3]), result.report
  assert result.report[3] != 'resolved'


@pytest.mark.parametrize('exit_runtime', [0, 1], ids=['runtime_stays', 'runtime_exits'])
def test_end_overtakes_start(build, run, engine, tmp_path, exit_runtime):
  # What says that main() runs waits behind much that was printed; the end of the last thread goes another way.
  (tmp_path / 'main.c').write_text('''
    #include <pthread.h>
    #include <stdio.h>
    __attribute__((constructor)) static void print(void) { for (int i = 0; i < 3000; i++) printf("line %d\\n", i); }
    int main() { pthread_exit(0); }
  ''')
  result = run(build(tmp_path / 'main.c', '-sDEPUTY_THREAD', '-sMODULARIZE', f'-sEXIT_RUNTIME={exit_runtime}'), engine, survive=True, page_js='''
    return [await Module.deputy.started.then(() => 'started', String), await Module.deputy.exited];
  ''')
  assert result.report == ['started', 0]
  assert len(result.stdout) == 3000


def test_ended_program_leaves_the_page(build, run, engine):
  # Not on the page, nor at a signal that lives on, is there a listener that would keep its memory.
  if engine == 'node':
    pytest.skip('a page has what listeners would be left at; test_memory_of_an_ended_program_is_freed is for Node.js')
  result = run(build('deputy/test_call.c', '-sDEPUTY_THREAD', '-sMODULARIZE', '--pre-js', HERE / 'deputy/count_listeners.js'), engine, survive=True,
               page_js='''
    const {signal} = new AbortController();
    const calls = [Module.deputy.call('stay', 'number', ['number'], [1000], {signal}), Module.deputy.call('stay', 'number', ['number'], [1], {signal})];
    for (let i = 0; i < 1000; i++) calls.push(Module._add(i, 1));
    const ends = Promise.all(calls.map((call) => call.catch(() => {})));
    const before = listeners.count;
    Module.deputy.terminate();
    await ends;
    return [before > 0, listeners.count, listeners.ports];
  ''')
  assert result.report == [True, 0, 0]


@pytest.mark.parametrize('exit_runtime', [0, 1], ids=['runtime_stays', 'runtime_exits'])
def test_trap_is_no_success(build, run, exit_runtime):
  # The process's status; main()'s thread is the last.
  run(build('deputy/test_exit.c', '-sDEPUTY_THREAD', f'-sEXIT_RUNTIME={exit_runtime}'), 'node', args=['trap'], expect_exit=1)


@pytest.mark.parametrize('flags', [EXCEPTIONS['emscripten'], EXCEPTIONS['wasm legacy']], ids=' '.join)
def test_uncaught_exception_rejects_exited(build, run, engine, flags):
  program = build('deputy/test_uncaught.cpp', '-sDEPUTY_THREAD', '-sMODULARIZE', *flags)
  result = run(program, engine, survive=True, page_js='''
    return Module.deputy.exited.then(() => 'resolved', ({message}) => message);
  ''')
  assert result.report != 'resolved'
  assert ('EXCEPTION_STACK_TRACES' if '-O2' in flags else 'nobody catches this') in result.report


def test_atexit_runs_on_the_deputy(build, run, engine):
  result = run(build('deputy/test_atexit.c', '-sDEPUTY_THREAD', '-sEXIT_RUNTIME'), engine, expect_exit=26)
  assert result.stdout == ['atexit on the deputy']


# ---- Start -------------------------------------------------------------------


@pytest.mark.parametrize('exit_runtime', [0, 1], ids=['runtime_stays', 'runtime_exits'])
def test_promises(build, run, engine, exit_runtime):
  # With ASSERTIONS, which watch what is called after the runtime's exit.
  program = build('deputy/test_main_thread.c', '-sDEPUTY_THREAD', '-sMODULARIZE', f'-sEXIT_RUNTIME={exit_runtime}')
  result = run(program, engine, page_js='''
    const {deputy} = Module;
    const started = await deputy.started === undefined;
    const running = deputy.thread > 0;
    const exited = await deputy.exited;
    return {started, running, exited, after: deputy.thread > 0};
  ''')
  assert result.report == {'started': True, 'running': True, 'exited': 0, 'after': not exit_runtime}


def test_factory_resolves_when_the_deputy_runs(build, run, engine):
  program = build('deputy/test_no_main.c', '-sDEPUTY_THREAD', '-sMODULARIZE')
  # page_js gets the Module that the factory's promise resolved with.
  result = run(program, engine, page_js='return Module.deputy.thread > 0 && typeof Module._send')
  assert result.report == 'function'


@pytest.mark.parametrize('flags', [[], ['--no-entry']], ids=['', 'no_entry'])
def test_no_main(build, run, engine, flags):
  program = build('deputy/test_no_main.c', '-sDEPUTY_THREAD', *flags)
  result = run(program, engine, page_js='''
    await Module.deputy.started;
    await Module._send();
    let answer;
    while ((answer = await Module._answer()) < 0);
    return answer;
  ''')
  assert result.report == 1


@pytest.mark.engines('node', reason='a page has no end of its own')
def test_no_main_does_not_keep_node_alive(build, run, engine):
  run(build('deputy/test_no_main.c', '-sDEPUTY_THREAD'), engine, expect_exit=0)


def test_no_initial_run(build, run, engine):
  program = build('deputy/hello.c', '-sDEPUTY_THREAD', '-sINVOKE_RUN=0', '-sMODULARIZE',
                  '-sEXPORTED_RUNTIME_METHODS=callMain')
  result = run(program, engine, page_js='''
    const before = Module.deputy.thread;
    Module.callMain([]);
    return [before, await Module.deputy.exited];
  ''')
  assert result.report == [0, 0]


@pytest.mark.parametrize('exit_runtime', [0, 1], ids=['runtime_stays', 'runtime_exits'])
def test_calls_before_main(build, run, engine, exit_runtime):
  # With noInitialRun: first what the page calls, before the runtime is there as well, then main().
  program = build('deputy/test_put_off.c', '-sDEPUTY_THREAD', '-sINVOKE_RUN=0', '-sMODULARIZE',
                  f'-sEXIT_RUNTIME={exit_runtime}', '-sEXPORTED_RUNTIME_METHODS=callMain')
  result = run(program, engine, expect_exit=42, module='''{
    preRun: [(Module) => { globalThis.early = Module.deputy.call('constructed', 'number', [], []); }],
  }''', page_js='''
    const answers = [await early, await Module._add(1, 2)];
    Module.callMain(['last']);
    return [...answers, await Module.deputy.exited];
  ''')
  assert result.report == [7, 3, 42]
  assert result.stdout == ['main: last', 'later']


def test_main_while_deputy_starts(build, run, engine):
  # The page calls main() before the deputy, which was to serve, has come that far: Node.js stays for main().
  program = build('deputy/test_put_off.c', '-sDEPUTY_THREAD', '-sINVOKE_RUN=0', '-sMODULARIZE', '-sEXPORTED_RUNTIME_METHODS=callMain')
  result = run(program, engine, expect_exit=42, module='''{
    preRun: [(Module) => { globalThis.early = Module.deputy.call('constructed', 'number', [], []); }],
  }''', page_js='''
    Module.callMain(['slow', 'last']);
    return [await early, await Module.deputy.exited];
  ''')
  assert result.report == [7, 42]
  assert result.stdout == ['main: last', 'later']


def test_calls_before_files_are_there(build, run, engine):
  # With noInitialRun: the start goes on later, when what it waits for is there, and then it serves.
  program = build('deputy/test_put_off.c', '-sDEPUTY_THREAD', '-sINVOKE_RUN=0', '-sMODULARIZE',
                  '-sEXPORTED_RUNTIME_METHODS=callMain,addRunDependency,removeRunDependency')
  result = run(program, engine, module='''{
    preRun: [(Module) => {
      Module.addRunDependency('file');
      setTimeout(() => Module.removeRunDependency('file'), 50);
      globalThis.early = Module.deputy.call('constructed', 'number', [], []);
    }],
  }''', page_js='return early;')
  assert result.report == 7


def test_page_takes_its_callback_back(build, run, engine):
  # When the deputy has been told to wait for it.
  run(hello(build, '-sEXIT_RUNTIME', '-O2'), engine, expect_exit=0, module='''{
    onRuntimeInitialized() { throw new Error('called'); },
    postRun: [(Module) => { Module.onRuntimeInitialized = null; }],
  }''')


def test_calls_without_main(build, run, engine):
  program = build('deputy/test_put_off.c', '-sDEPUTY_THREAD', '-sINVOKE_RUN=0', '-sMODULARIZE',
                  '-sEXIT_RUNTIME=1', '-sEXPORTED_RUNTIME_METHODS=callMain')
  result = run(program, engine, page_js='return [await Module._add(1, 2), await Module._add(3, 4)];')
  assert result.report == [3, 7]
  assert result.stdout == []


@browser_only
def test_handle_after_the_end(build, run, engine):
  # In a page, threads go on when main() has ended its own; Node.js ends with it.
  result = run(build('deputy/test_after_end.c', '-sDEPUTY_THREAD', '-sMODULARIZE'), engine, page_js='''
    await Module.deputy.exited;
    return Module.deputy.thread;
  ''', module='''{
    print: (line) => { globalThis.printed?.(line); },
  }''')
  assert result.report == 0
  assert result.errors == []


@browser_only
def test_two_instances(build, run, engine):
  program = build('deputy/test_create_join.c', '-sDEPUTY_THREAD', '-sMODULARIZE', '-O2')
  result = run(program, engine, page_js='''
    const other = await globalThis.Module({print: () => {}});
    return [await Module.deputy.exited, await other.deputy.exited, Module.deputy !== other.deputy];
  ''')
  assert result.report == [0, 0, True]


# ---- Starts that fail --------------------------------------------------------


def assert_start_fails(result, *texts, uncaught=False):
  """`started` and `exited` are rejected with an Error that says what to do, and the same is printed, once.

  `uncaught`: upstream's abort() also throws, which nobody catches where there is no factory's promise.
  """
  message = result.started['rejected']
  for text in ('the deputy thread could not be started', *texts):
    assert text in message
  assert result.rejection['message'] == message
  printed = result.stderr + [entry['text'] for entry in result.console if entry['level'] == 'error']
  assert [message in text for text in printed].count(True) == 1
  assert [entry['name'] for entry in result.rejections] == (['RuntimeError'] if uncaught else [])
  assert result.duration < BOUND_S


def hello(build, *flags):
  return build('deputy/hello.c', '-sDEPUTY_THREAD', *flags)


KINDS = pytest.mark.parametrize('flags', [[], ['-sPTHREAD_POOL_SIZE=2'], ['-sMODULARIZE'], ['-sEXPORT_ES6', '-O2']],
                                ids=['script', 'pool', 'modularize', 'es6'])


@browser_only
@KINDS
def test_page_not_isolated(build, run, engine, flags):
  # JSC_useSharedArrayBuffer, without which WebKitGTK shares no memory at all, lifts the requirement with it.
  module = '(delete globalThis.SharedArrayBuffer, {})' if engine == 'webkit' else None
  result = run(hello(build, *flags), engine, isolated=False, module=module)
  assert_start_fails(result, 'not cross-origin isolated', 'Cross-Origin-Opener-Policy: same-origin',
                     'Cross-Origin-Embedder-Policy: require-corp')


@browser_only
@KINDS
def test_worker_script_missing(build, run, engine, flags):
  program = hello(build, *flags)
  # The page gets the script, the workers don't.
  result = run(program, engine, rules={program.js: Answer(status=404, skip=1)})
  assert_start_fails(result, program.js, 'HTTP status 404', 'mainScriptUrlOrBlob')


@browser_only
@KINDS
def test_worker_blocked_by_csp(build, run, engine, flags):
  result = run(hello(build, *flags), engine, csp="worker-src 'none'")
  assert_start_fails(result, 'Content-Security-Policy', 'worker-src')


@browser_only
def test_worker_script_without_coep(build, run, engine):
  program = hello(build)
  result = run(program, engine,
               rules={program.js: Answer(headers={'Cross-Origin-Embedder-Policy': None}, skip=1)})
  assert_start_fails(result, program.js, 'Cross-Origin-Embedder-Policy: require-corp')


@browser_only
@KINDS
def test_worker_script_never_answered(build, run, engine, flags):
  program = hello(build, '-sDEPUTY_START_TIMEOUT=1500', *flags)
  result = run(program, engine, rules={program.js: Answer(hang=True, skip=1)})
  assert_start_fails(result, program.js, '1500 ms', 'DEPUTY_START_TIMEOUT')


@browser_only
def test_worker_script_misnamed(build, run, engine):
  program = hello(build, '-sINCOMING_MODULE_JS_API=mainScriptUrlOrBlob,print,printErr,arguments,onExit,onAbort')
  result = run(program, engine, module='{mainScriptUrlOrBlob: "elsewhere/other.js"}')
  assert_start_fails(result, 'elsewhere/other.js', 'HTTP status 404')


@browser_only
def test_given_up_start_stays_given_up(build, run, engine):
  # The script comes after all, when the page was told that the start has failed.
  program = hello(build, '-sDEPUTY_START_TIMEOUT=500', '-sMODULARIZE')
  result = run(program, engine, rules={program.js: Answer(delay=1, skip=1)}, page_js='''
    await new Promise((resolve) => setTimeout(resolve, 2500));
  ''', await_exit=True)
  assert_start_fails(result, '500 ms')
  assert result.stdout == []


@browser_only
@pytest.mark.parametrize('flags', [[], ['-sPTHREAD_POOL_SIZE=2']], ids=['', 'pool'])
def test_browser_refuses_the_worker(build, run, engine, flags):
  result = run(hello(build, *flags), engine, module='''
    (globalThis.Worker = class { constructor() { throw new Error('no more workers'); } }, {})
  ''')
  assert_start_fails(result, 'no more workers')


def test_first_create_fails(build, run, engine):
  # No memory for the deputy's stack.
  program = hello(build, '-sSTACK_SIZE=12MB', '-sINITIAL_MEMORY=16MB', '-sMODULARIZE')
  result = run(program, engine, module='{}')
  assert_start_fails(result, 'Cannot enlarge memory arrays')


@pytest.mark.parametrize('flags', [['-O0'], ['-O2']], ids=' '.join)
def test_no_memory_for_the_stack(build, run, engine, flags):
  program = hello(build, '-sSTACK_SIZE=12MB', '-sINITIAL_MEMORY=16MB', '-sABORTING_MALLOC=0', '-sMODULARIZE', *flags)
  assert_start_fails(run(program, engine, module='{}'), 'STACK_SIZE (12582912)', '-sINITIAL_MEMORY')


# ---- Static constructors ----------------------------------------------------

CONSTRUCTORS = [
  [],
  ['-O2', '-UNDEBUG'],
  ['-O3', '-flto', '-UNDEBUG'],
  ['-O1', '-UNDEBUG', '-sMAIN_MODULE=2', '-Wno-experimental'],
  ['-sMALLOC=emmalloc'],
  ['-sMALLOC=mimalloc', '-sINITIAL_MEMORY=128MB'],
  ['-fsanitize=undefined'],
  ['-fsanitize=address'],
]


@pytest.mark.parametrize('flags', CONSTRUCTORS, ids=' '.join)
def test_constructors_run_on_the_deputy(build, run, engine, flags):
  result = run(build('deputy/test_constructors.cpp', '-sDEPUTY_THREAD', '-sEXIT_RUNTIME', *flags), engine, expect_exit=3)
  result.check_out(HERE / 'deputy/test_constructors.out')


@pytest.mark.parametrize('set_late', [False, True], ids=['set at first', 'set in preRun'])
def test_constructors_come_before_calls(build, run, engine, set_late):
  # Of a page that waits for the runtime, or for the factory.
  module = 'onRuntimeInitialized() { globalThis.early = [typeof this.twice, this.deputy.thread > 0]; }'
  if set_late:
    module = f'preRun(module) {{ Object.assign(module, {{ {module} }}); }}'
  result = run(build('deputy/test_constructors_embind.cpp', '-sDEPUTY_THREAD', '-lembind'), engine, module=f'{{ {module} }}', page_js='''
    await Module.deputy.started;
    const counter = await new Module.Counter();
    counter.next();
    return [early, await Module.twice(21), await counter.next()];
  ''')
  assert result.report == [['function', True], 42, 2]


@browser_only
def test_constructor_of_a_side_module(build, run, engine):
  side = build('deputy/test_constructors_side.c', '-DSIDE', '-pthread', '-O1', '-sSIDE_MODULE=2',
               '-sEXPORTED_FUNCTIONS=_side_built', '-Wno-emcc')
  program = build('deputy/test_constructors_side.c', '-sDEPUTY_THREAD', '-O1', '-sMAIN_MODULE=2',
                  '-Wno-experimental', '-sEXPORTED_FUNCTIONS=_main,_emscripten_is_deputy_thread,___assert_fail')
  result = run(program, engine, module="{dynamicLibraries: ['side.wasm']}", files={'side.wasm': side.path.read_bytes()},
               expect_exit=0)
  assert result.stdout == ['built 1 time']


@browser_only
@pytest.mark.parametrize('kind', [1, 2])
def test_main_of_a_side_module(build, run, engine, kind):
  side = build('deputy/test_side_main.c', '-DSIDE', '-pthread', '-O1', '-sSIDE_MODULE', '-Wno-emcc')
  program = build('deputy/test_side_main.c', '-sDEPUTY_THREAD', '-O1', f'-sMAIN_MODULE={kind}', '-Wno-experimental',
                  '-sEXPORTED_FUNCTIONS=_report,_twice')
  options = {'module': "{dynamicLibraries: ['side.wasm']}", 'files': {'side.wasm': side.path.read_bytes()}}
  result = run(program, engine, args=['main'], expect_exit=7, **options)
  assert result.stdout == ['main, 2, on the deputy']
  # And without: the page calls.
  assert run(program, engine, page_js='await Module.deputy.started; return Module._twice(21);').report == 42


@pytest.mark.parametrize('flag', ['-sDEPUTY_CALLS=async', '-sDEPUTY_CALLS=sync', '-sDEPUTY_CALL_THREADS=1'])
def test_main_waits_for_page(build, run, engine, flag):
  # Whose calls are served meanwhile.
  result = run(build('deputy/test_page_ready.c', '-sDEPUTY_THREAD', '-sDEPUTY_INLINE_EXPORTS=set_ready', flag), engine, module='''{
    onRuntimeInitialized() {
      globalThis.before = this._before_main();
      for (const begin = performance.now(); performance.now() < begin + 200;);
      this._set_ready();
    }
  }''', page_js='return [await Module.deputy.exited, await before, await Module._before_main()];')
  assert result.report == [7, 'CALL_THREADS' not in flag, 0]


@browser_only
def test_page_is_not_ready(build, run, engine):
  # (In Node.js the process ends.)
  result = run(build('deputy/test_page_ready.c', '-sDEPUTY_THREAD'), engine, module='{ onRuntimeInitialized() { throw new Error("no files"); } }',
               page_js='return [await Module.deputy.exited.catch(({message}) => message), await Module._before_main()];')
  assert result.report == ['no files', 1]
  # Uncaught, from the mailbox.
  assert ['no files' in entry['message'] for entry in [*result.errors, *result.rejections]] == [True]


def test_slow_constructor(build, run, engine):
  # It is a sign of life of the deputy that it runs.
  run(build('deputy/test_constructor_sleeps.c', '-sDEPUTY_THREAD', '-sDEPUTY_START_TIMEOUT=3000'), engine, expect_exit=0)


@pytest.mark.parametrize('flags', [['-sMODULARIZE'], ['-sMODULARIZE', '-O3', '--closure=1', '-Werror=closure']], ids=['', 'closure'])
def test_constructor_traps(build, run, engine, flags):
  result = run(build('deputy/test_constructor_traps.c', '-sDEPUTY_THREAD', *flags), engine, module='{}')
  if result.started:
    assert_start_fails(result, 'nreachable')
  else:
    # Upstream's handler of the worker's error may end the process before those who wait for `started` are told.
    assert engine == 'node' and result.exit_code == 1
    assert '\n'.join(result.stderr).count('the deputy thread could not be started: unreachable') == 1


@browser_only
@pytest.mark.parametrize('flags', [[], ['-sWASM_ASYNC_COMPILATION=0', '-sSINGLE_FILE']], ids=['', 'sync'])
def test_constructor_traps_in_a_script(build, run, engine, flags):
  result = run(build('deputy/test_constructor_traps.c', '-sDEPUTY_THREAD', *flags), engine, module='{}')
  assert 'nreachable' in result.started['rejected']


@browser_only
def test_wasm_missing(build, run, engine):
  result = run(hello(build), engine, rules={'hello.wasm': Answer(status=404)})
  assert_start_fails(result, 'fetching of the wasm failed', uncaught=True)
