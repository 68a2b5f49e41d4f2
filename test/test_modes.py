# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# -sDEPUTY_THREAD: pthread programs, unchanged, in every engine (sources and expected output in deputy/), and the
# modes of emcc that they are built in. How a program starts and ends: test_deputy_start.py.

import re
import subprocess
from pathlib import Path

import pytest
from harness.build import compiler
from harness.features import least, need

HERE = Path(__file__).parent
UI_GAP_MS = 250  # a blocked main() blocks for 500 ms and more


def build_and_check(build, run, engine, source, *flags, **options):
  result = run(build(source, '-sDEPUTY_THREAD', *flags), engine, expect_exit=0, **options)
  result.check_out((HERE / source).with_suffix('.out'))
  # `node program.js` is not asked.
  assert result.started == 'resolved' or (engine == 'node' and result.started is None)
  return result


@pytest.mark.quiet
def test_main_runs_on_deputy(build, run, engine):
  def gap():
    result = build_and_check(build, run, engine, 'deputy/test_main_thread.c', args=['one', 'two words'])
    if engine == 'node':
      return 0
    assert result.ui_gaps['count'] > 20
    return result.ui_gaps['max']
  assert least(UI_GAP_MS, gap) < UI_GAP_MS


def test_locks(build, run, engine):
  build_and_check(build, run, engine, 'deputy/test_locks.c')


def test_thread_data(build, run, engine):
  build_and_check(build, run, engine, 'deputy/test_thread_data.cpp')


def test_cxx_threads(build, run, engine):
  build_and_check(build, run, engine, 'deputy/test_cxx_threads.cpp', '-std=c++20')


def test_openmp(build, run, engine):
  build_and_check(build, run, engine, 'deputy/test_openmp.c', '-fopenmp')


def test_main_loop(build, run, engine):
  build_and_check(build, run, engine, 'deputy/test_main_loop.c')


def test_promise(build, run, engine):
  build_and_check(build, run, engine, 'deputy/test_promise.c')


def test_create_join(build, run, engine):
  build_and_check(build, run, engine, 'deputy/test_create_join.c')


def test_nested_threads(build, run, engine):
  build_and_check(build, run, engine, 'deputy/test_nested_threads.c', timeout=60)


# ---- Modes of emcc -----------------------------------------------------------

MODES = {
  'O1': ['-O1'],
  'O2': ['-O2'],
  'O3': ['-O3'],
  'Oz': ['-Oz'],
  'closure': ['-O3', '--closure=1', '-Werror=closure'],
  'strict': ['-O2', '-sSTRICT', '-sINCOMING_MODULE_JS_API=print,printErr,arguments,onExit,onAbort'],
  'modularize': ['-O2', '-sMODULARIZE', '-sEXPORT_NAME=createProgram'],
  'es6': ['-O2', '-sEXPORT_ES6'],
  'es6_closure': ['-O3', '-sEXPORT_ES6', '--closure=1'],
  'exit_runtime': ['-O1', '-sEXIT_RUNTIME'],
  'growth': ['-O2', '-sALLOW_MEMORY_GROWTH'],
  'pool': ['-O2', '-sPTHREAD_POOL_SIZE=3'],
  'single_file': ['-O2', '-sSINGLE_FILE'],
  'wasmfs': ['-O2', '-sWASMFS'],
  'lto': ['-O2', '-flto'],
  'main_module_1': ['-O1', '-sMAIN_MODULE=1', '-Wno-experimental'],
  'main_module_2': ['-O1', '-sMAIN_MODULE=2', '-Wno-experimental'],
}


@pytest.mark.parametrize('mode', MODES)
def test_modes(build, run, engine, mode):
  build_and_check(build, run, engine, 'deputy/test_create_join.c', *MODES[mode])


def test_wasm64(build, run, engine):
  need(run, engine, '64-bit memories', 'new WebAssembly.Memory({address: "i64", initial: 1n})')
  # (libc++ would be built for this alone.)
  build_and_check(build, run, engine, 'deputy/test_create_join.c', '-m64', '-O1', '-sDEFAULT_TO_CXX=0')


def test_wasm_workers(build, run, engine):
  result = run(build('deputy/test_wasm_worker.c', '-sDEPUTY_THREAD', '-sWASM_WORKERS', '-sEXIT_RUNTIME', '-UNDEBUG', '-O1',
                     '-sDEPUTY_INLINE_EXPORTS=holds,wait_for_it'), engine, expect_exit=0, page_js="""
    await Module.deputy.started;
    while (!Module._holds()) await new Promise((resolve) => setTimeout(resolve, 1));
    Module._wait_for_it();
  """)
  assert result.stdout == ['done']


@pytest.mark.browser_only(reason='Node.js has no AudioWorklets')
@pytest.mark.parametrize('level', ['-O0', '-O1'])
def test_audio_worklet(build, run, engine, level):
  result = run(build('deputy/test_audio_worklet.c', '-sDEPUTY_THREAD', '-sAUDIO_WORKLET', '-sWASM_WORKERS', '-sEXIT_RUNTIME',
                     '-UNDEBUG', level, '-sDEPUTY_INLINE_EXPORTS=start_audio'), engine, expect_exit=0, page_js="""
    await Module.deputy.started;
    Module._start_audio();
  """)
  assert result.stdout == ['done']


@pytest.mark.parametrize('flags', [[], ['-sASYNCIFY_IGNORE_INDIRECT']], ids=['', 'ignore_indirect'])
def test_asyncify(build, run, engine, flags):
  build_and_check(build, run, engine, 'deputy/test_sleep.c', '-sASYNCIFY', '-O1', *flags)


def test_jspi(build, run, engine):
  build_and_check(build, run, engine, 'deputy/test_sleep.c', '-sJSPI', '-O1', '-Wno-experimental')


# ---- The driver --------------------------------------------------------------


def emcc(*args):
  return subprocess.run([compiler(), *map(str, args)], capture_output=True, text=True, check=False)


CLASHES = [
  ('PTHREADS=0', ['-no-pthread'], 'drop -no-pthread'),
  ('PTHREADS=0', ['-sWASM_WORKERS', '-no-pthread'], 'drop -no-pthread'),
  ('PROXY_TO_PTHREAD=0', ['-sPROXY_TO_PTHREAD=0'], 'drop -sPROXY_TO_PTHREAD=0'),
  ('STANDALONE_WASM', ['-sSTANDALONE_WASM'], 'link to a .js'),
  ('MINIMAL_RUNTIME', ['-sMINIMAL_RUNTIME'], 'drop one of them'),
  ('WASM2JS', ['-sWASM=0'], 'drop -sWASM=0'),
  ('BUILD_AS_WORKER', ['-sBUILD_AS_WORKER'], 'drop one of them'),
  ('EVAL_CTORS', ['-sEVAL_CTORS', '-O2'], 'drop -sEVAL_CTORS'),
  ('MODULARIZE=instance', ['-sMODULARIZE=instance', '-Wno-experimental'], 'use -sEXPORT_ES6'),
]


@pytest.mark.parametrize(('setting', 'flags', 'way_out'), CLASHES, ids=lambda value: value if isinstance(value, str) else '')
def test_settings_clash(tmp_path, setting, flags, way_out):
  done = emcc(HERE / 'deputy/hello.c', '-sDEPUTY_THREAD', *flags, '-o', tmp_path / 'hello.js')
  assert done.returncode == 1
  assert f'DEPUTY_THREAD is not compatible with {setting}' in done.stderr
  assert way_out in done.stderr
  assert not (tmp_path / 'hello.js').exists()


# Value of a setting, and the part of the error that says what it may be.
REFUSED = {
  'DEPUTY_START_TIMEOUT=-1': '0 for no limit',
  'PTHREAD_POOL_SIZE_MAX=0': '1 to 512',
  'PTHREAD_POOL_SIZE_MAX=513': '1 to 512',
  'PTHREAD_POOL_SPARE=-2': '0 to 512',
  'PTHREAD_POOL_SPARE=513': '0 to 512',
  'PTHREAD_POOL_IDLE_TIMEOUT=-1': 'milliseconds',
  'UI_THREAD_WAIT=forever': 'one of spin, abort, suspend',
  'UI_THREAD_WAIT_BUDGET=0': '1 or more',
  'JSPI_STACK_SIZE=1000': '4096 or more',
}


@pytest.mark.parametrize('setting', REFUSED)
def test_value_refused(tmp_path, setting):
  done = emcc(HERE / 'deputy/hello.c', '-sDEPUTY_THREAD', f'-s{setting}', '-o', tmp_path / 'hello.js')
  assert done.returncode == 1
  name, value = setting.split('=')
  assert name in done.stderr
  assert done.stderr.rstrip().endswith(f': {value}')
  assert REFUSED[setting] in done.stderr
  assert not (tmp_path / 'hello.js').exists()


def test_suspend_needs_jspi(tmp_path):
  done = emcc(HERE / 'deputy/hello.c', '-sDEPUTY_THREAD', '-sUI_THREAD_WAIT=suspend', '-o', tmp_path / 'hello.js')
  assert done.returncode == 1
  assert 'UI_THREAD_WAIT=suspend needs -sJSPI' in done.stderr


def test_compile_only(tmp_path):
  # No warning that a linker setting is ignored, and -pthread implied: the object has atomics.
  done = emcc('-c', HERE / 'deputy/hello.c', '-sDEPUTY_THREAD', '-Werror', '-o', tmp_path / 'hello.o')
  assert (done.returncode, done.stderr) == (0, '')
  assert b'+\x07atomics' in (tmp_path / 'hello.o').read_bytes()


@pytest.mark.parametrize('flags', [['-lm', '-lc', '-lpthread'], ['-nodefaultlibs', '-lc', '-lclang_rt.builtins', '-lmalloc']], ids=' '.join)
def test_libc_by_name(build, run, engine, flags):
  # It comes before what is linked by itself.
  result = run(build('deputy/test_create_join.c', '-sDEPUTY_THREAD', '-sEXIT_RUNTIME', *flags), engine, expect_exit=0)
  result.check_out(HERE / 'deputy/test_create_join.out')


def test_proxied_sockets(tmp_path):
  done = emcc(HERE / 'deputy/hello.c', '-sDEPUTY_THREAD', '-sPROXY_POSIX_SOCKETS', '-lwebsocket.js', '-o', tmp_path / 'hello.js')
  assert done.returncode == 0, done.stderr


@pytest.mark.parametrize('flags', [['-lembind', '-lwebsocket.js', '-sFETCH', '-sALLOW_MEMORY_GROWTH'], ['-sMAIN_MODULE=2']], ids=' '.join)
def test_closure_in_a_function(flags, tmp_path):
  # There Closure knows the types of what is local. (It warns of upstream's JavaScript, too.)
  for name, text in [('pre.js', 'globalThis["Module"] = (function() {'), ('post.js', 'return Module; })();')]:
    (tmp_path / name).write_text(text)
  done = emcc(HERE / 'deputy/hello.c', '-sDEPUTY_THREAD', '-O1', '--closure=1', '-Wclosure', *flags, '--pre-js', tmp_path / 'pre.js',
              '--post-js', tmp_path / 'post.js', '-o', tmp_path / 'hello.js')
  assert done.returncode == 0, done.stderr
  assert 'WARNING - [' in done.stderr
  assert 'Deputy' not in done.stderr


def test_dry_run(tmp_path):
  done = emcc('-###', HERE / 'deputy/hello.c', '-sDEPUTY_THREAD', '-o', tmp_path / 'hello.js')
  assert done.returncode == 0, done.stderr
  assert 'wasm-ld' in done.stderr
  assert not any(tmp_path.iterdir())


def test_emit_tsd(tmp_path):
  # The driver links the program once more, without its deputy, to ask Embind.
  source = tmp_path / 'bound.cpp'
  source.write_text('#include <emscripten/bind.h>\nint f() { return 1; }\n'
                    'EMSCRIPTEN_BINDINGS(m) { emscripten::function("f", &f); }\nint main() {}\n')
  done = emcc(source, '-sDEPUTY_THREAD', '-lembind', '--emit-tsd', 'bound.d.ts', '-o', tmp_path / 'bound.js')
  assert (done.returncode, done.stdout) == (0, ''), done.stderr
  assert 'f(): Promise<number>' in (tmp_path / 'bound.d.ts').read_text(encoding='utf-8')


def test_header_without_the_mode(tmp_path):
  source = tmp_path / 'main.c'
  source.write_text('#include <emscripten/deputy.h>\nint main() { return emscripten_is_deputy_thread(); }\n')
  done = emcc(source, '-pthread', '-o', tmp_path / 'main.js')
  assert done.returncode == 1
  assert 'undefined symbol: emscripten_is_deputy_thread' in done.stderr


def test_version():
  # The fork, its base, our revision; and no warning about the LLVM that it accepts.
  done = emcc('--version')
  assert done.returncode == 0
  line = done.stdout.splitlines()[0]
  assert line.startswith('emcc (Emscripten gcc/clang-like replacement + linker emulating GNU ld) 6.0.5-deputy.')
  assert re.search(r'\(Emscripten Deputy [0-9a-f]{7,}(-dirty)?, based on Emscripten 6\.0\.5\)$', line)
  assert 'LLVM version' not in done.stderr
