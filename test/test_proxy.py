# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Calls from one thread to another, and what threads print. Source: deputy/test_proxy.cpp; and upstream's own tests of
# its API.

import base64
import hashlib
import random
import re
import socketserver
import threading
from pathlib import Path

import pytest
from harness.build import REPO
from harness.features import EXCEPTIONS, EXNREF, need
from harness.server import Answer

UPSTREAM_REPO = REPO / 'build/base'
UPSTREAM = UPSTREAM_REPO / 'test/pthread'


def program(build, *flags):
  return build('deputy/test_proxy.cpp', '-sDEPUTY_THREAD', '-O1', '-sEXIT_RUNTIME', *flags)


@pytest.mark.parametrize('way', ['order', 'kinds', 'ends', 'burst'])
def test_calls(build, run, engine, way):
  run(program(build), engine, args=[way], expect_exit=0)


def count_on_page(build, run, engine, way, counter):
  """What `counter`, a Module, has counted on the page when the program has ended."""
  return run(program(build), engine, args=[way], module=counter, expect_exit=0, page_js='''
    await Module.deputy.exited;
    return globalThis.count;
  ''').report


# The most waits that the page has for one thing, its mailbox or answers to its calls, at a time.
COUNT_WAITS = '''(() => {
  const {waitAsync} = Atomics;
  const waits = new Map();
  globalThis.count = 0;
  Atomics.waitAsync = (array, index, ...args) => {
    const wait = waitAsync(array, index, ...args);
    if (wait.async) {
      const address = array.byteOffset + 4 * index;
      const change = (by) => waits.set(address, (waits.get(address) ?? 0) + by).get(address);
      count = Math.max(count, change(1));
      wait.value.then(() => change(-1));
    }
    return wait;
  };
  return {};
})()'''


def test_one_wait(build, run, engine):
  assert count_on_page(build, run, engine, 'burst', COUNT_WAITS) == 1


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


def test_at_random(build, run, engine, request):
  # Nothing is lost and nothing changes places; ten minutes are `pytest --soak 600 -k test_at_random`.
  seconds = request.config.getoption('soak')
  seed = random.randrange(1, 2 ** 30)
  print(f'{engine}: seed {seed}')
  result = run(program(build), engine, args=['mixed', seconds, seed], expect_exit=0, timeout=30 + 2 * seconds)
  for caller in range(4):
    *printed, last = [line.split(': ')[1] for line in result.stdout if line.startswith(f'{caller}: ')]
    assert printed == [str(i) for i in range(len(printed))]
    assert last.startswith(f'last {len(printed)}, ')
  print(result.stdout[-4:], result.ui_gaps)


# ---- Syscalls ----------------------------------------------------------------


def test_syscalls_are_where_the_docs_say(build, tmp_path):
  table = (REPO / 'docs/threads.md').read_text().split('## Every syscall')[1]
  documented = {name: 'UI' in thread for row in re.findall(r'^\| (`.*)', table, re.M)
                for names, thread, _ in [row.split(' | ', 2)] for name in re.findall(r'`(\w+)`', names)}
  libraries = ''.join((UPSTREAM_REPO / f'src/lib/lib{name}.js').read_text() for name in ('syscall', 'wasi'))
  names = set(re.findall(r'^  (?!\w+__(?:deps|sig|proxy|async|nothrow|i53abi|postset)\b)(\w+):', libraries, re.M))
  (tmp_path / 'main.c').write_text('int main() { return 0; }')
  program = build(tmp_path / 'main.c', '-sDEPUTY_THREAD', '-sFORCE_FILESYSTEM', '-sERROR_ON_UNDEFINED_SYMBOLS=0', '-Wno-undefined',
                  f'-sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE={",".join(sorted(names))}')
  functions = re.split(r'^  (?:var |function )_(\w+)(?: = |\()', program.path.read_text(), flags=re.M)
  bodies = dict(zip(functions[1::2], functions[2::2], strict=True))
  # Some are of -sSTANDALONE_WASM alone.
  found = {name: 'return proxyToMainThread' in bodies[name] for name in names if 'missing function: ' + name not in bodies[name]}
  stubs = (UPSTREAM_REPO / 'system/lib/libc/emscripten_syscall_stubs.c').read_text()
  found |= dict.fromkeys(re.findall(r'(?:__syscall_|^UNIMPLEMENTED\()(\w+)', stubs, re.M), False)
  assert found == documented


# ---- Errors ------------------------------------------------------------------

def thrower(build, run, engine, mode, *flags):
  if mode == 'wasm':
    need(run, engine, 'exnref', EXNREF)
  if mode == 'wasm legacy' and engine == 'webkit':
    pytest.skip('WebKit 2.50 loses legacy wasm exceptions that pass a destructor, with upstream and one thread, too')
  return build('deputy/test_js_error.cpp', '-sDEPUTY_THREAD', '--js-library', Path('deputy/test_js_error.js'), '-std=c++20',
               *EXCEPTIONS[mode], *flags)


@pytest.mark.parametrize('mode', EXCEPTIONS)
def test_error_is_caught(build, run, engine, mode):
  result = run(thrower(build, run, engine, mode, '-sEXIT_RUNTIME'), engine, args=['caught'], expect_exit=0)
  assert result.stdout == ['caught']


@pytest.mark.parametrize('mode', ['emscripten', 'wasm legacy'])
@pytest.mark.parametrize('way', ['uncaught', 'unasked'])
def test_error_is_not_caught(build, run, engine, mode, way):
  # The program ends, and says why and where.
  result = run(thrower(build, run, engine, mode, '-sMODULARIZE', '-sEXCEPTION_STACK_TRACES'), engine, args=[way], page_js='''
    if (!globalThis.document) process.on('uncaughtException', () => {});
    return Module.deputy.exited.then(() => 'no', ({message}) => message);
  ''')
  said = '\n'.join([result.report, *result.stderr])
  assert ('thrown for a test' if way == 'uncaught' else 'refused: -1') in said
  assert result.stdout == ['before']


# ---- Batches -----------------------------------------------------------------


def test_batch(build, run, engine):
  result = run(program(build), engine, args=['batch'], expect_exit=0)
  assert result.stdout == [f'{what} {i}' for i in range(100) for what in ('printed', 'called')]


@pytest.mark.parametrize('way', ['exit', '_Exit'])
def test_exit_in_a_batch(build, run, engine, way):
  # What was gathered comes before.
  assert run(program(build), engine, args=[f'{way} in a batch'], expect_exit=5).stdout == ['gathered']


# The page goes on after errors that nobody catches, Node if it is told to.
COUNT_ERRORS = '''(() => {
  globalThis.count = 0;
  if (globalThis.document) {
    addEventListener('error', (event) => {
      count++;
      event.preventDefault();
    });
  } else {
    process.on('uncaughtException', () => count++);
  }
  return {};
})()'''


def test_batch_errors(build, run, engine):
  # The last calls' errors are reported when the program has ended, or not at all.
  assert count_on_page(build, run, engine, 'batch errors', COUNT_ERRORS) >= 140


def test_errors_leave_no_frames(build, run, engine):
  # On the UI thread's stack of 64 KiB.
  assert count_on_page(build, run, engine, 'errors', COUNT_ERRORS) >= 2000


# ---- Output ------------------------------------------------------------------


@pytest.mark.parametrize('flags', [[], ['-sWASMFS']], ids=['memfs', 'wasmfs'])
def test_print(build, run, engine, flags):
  # Nothing lost, at exit neither, and each thread's lines in its order.
  result = run(program(build, *flags), engine, args=['print'], expect_exit=0)
  lines = [line.split(': ') for line in result.stdout]
  assert len(lines) == 2000
  for printer in range(4):
    assert [int(number) for name, number in lines if int(name) == printer] == list(range(500))
  assert [line for line in result.stderr if line.startswith('last')] == [f'last {i}' for i in range(100)]


@pytest.mark.parametrize('flags', [[], ['-sWASMFS']], ids=['memfs', 'wasmfs'])
def test_print_in_order_with_calls(build, run, engine, flags):
  result = run(program(build, *flags), engine, args=['console'], expect_exit=0)
  assert result.stdout == [f'{what} {i}' for i in range(20) for what in ('printed', 'called')]


@pytest.mark.parametrize('flags', [[], ['-sWASMFS'], ['-O3', '--closure=1']], ids=['memfs', 'wasmfs', 'closure'])
def test_print_in_javascript(build, run, engine, flags):
  result = run(program(build, *flags), engine, args=['javascript'], expect_exit=0)
  # A browser's console is each thread's own.
  kinds = ['C', 'out\0', 'console', 'called', 'b\xfc'] if engine == 'node' else ['C', 'out\0']
  assert [line for line in result.stdout if line != 'late'] == (
    [f'{kind} {i}' for i in range(20) for kind in kinds] + [f'last {i}' for i in range(100)])
  # As upstream prints it, where no thread runs: in browsers a message, which may come after the last.
  assert result.stdout.count('late') == 1
  if engine == 'node':
    assert result.stderr == [f'error {i}' for i in range(20)]


def test_names_of_addresses(build, run, engine, tmp_path):
  (tmp_path / 'main.c').write_text('''
    #include <assert.h>
    #include <netdb.h>
    #include <stdio.h>
    int main() {
      struct addrinfo* info;
      char name[100];
      assert(!getaddrinfo("example.com", "80", NULL, &info));
      assert(!getnameinfo(info->ai_addr, info->ai_addrlen, name, sizeof(name), NULL, 0, NI_NAMEREQD));
      puts(name);
      struct hostent* host = gethostbyname("example.org");
      host = gethostbyaddr(host->h_addr, host->h_length, host->h_addrtype);
      puts(host->h_name);
    }
  ''')
  assert run(build(tmp_path / 'main.c', '-sDEPUTY_THREAD', '-sEXIT_RUNTIME'), engine, expect_exit=0).stdout == ['example.com', 'example.org']


@pytest.mark.parametrize('flags', [['-DOWN_MALLOC'], ['--tracing']], ids=' '.join)
def test_malloc_prints(build, run, engine, tmp_path, flags):
  # The program's own, or Emscripten's while it has its lock.
  (tmp_path / 'main.c').write_text('''
    #include <emscripten.h>
    #include <emscripten/console.h>
    #include <emscripten/heap.h>
    #include <emscripten/trace.h>
    #include <stdio.h>
    #include <stdlib.h>
    #if OWN_MALLOC
    void* malloc(size_t size) {
      emscripten_console_log("malloc");
      return emscripten_builtin_malloc(size);
    }
    void free(void* block) { emscripten_builtin_free(block); }
    #endif
    int main() {
      emscripten_trace_configure_for_test();
      EM_ASM(console.log("console"));
      void* volatile block = malloc(1000);
      free(block);
      puts("done");
    }
  ''')
  result = run(build(tmp_path / 'main.c', '-sDEPUTY_THREAD', '-sEXIT_RUNTIME', *flags), engine, expect_exit=0)
  assert 'done' in result.stdout


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


def test_asyncify(build, run, engine):
  # A task that sleeps is not over.
  result = run(build('deputy/test_proxy_asyncify.c', '-sDEPUTY_THREAD', '-sASYNCIFY', '-O1', '-sEXIT_RUNTIME'), engine, expect_exit=0)
  assert result.stdout == ['done']


# ---- What upstream has on the page's thread alone ----------------------------


# Its calls come before the callback of its load.
SCRIPT = '''
  globalThis.fromScript = 42;
  for (let i = 0; i < 100; i++) Module._note(i);
'''


@pytest.mark.browser_only(reason='about scripts of pages')
def test_load_script(build, run, engine):
  program = build('deputy/test_load_script.c', '-sDEPUTY_THREAD', '-sEXIT_RUNTIME')
  result = run(program, engine, files={'script.js': SCRIPT}, expect_exit=0)
  assert result.stdout == ['main: loaded, 4950', 'script.js: 42', 'missing.js: error']


@pytest.mark.browser_only(reason='about scripts of pages')
def test_load_script_for_a_thread_that_has_ended(build, run, engine):
  program = build('deputy/test_load_script.c', '-sDEPUTY_THREAD', '-sEXIT_RUNTIME')
  result = run(program, engine, args=['ended'], files={'script.js': SCRIPT, 'slow.js': SCRIPT},
               rules={'slow.js': Answer(delay=0.2)}, expect_exit=0)
  assert result.stdout == ["not another's"]


class WebSocketServer(socketserver.BaseRequestHandler):
  """Of one connection: sends two messages at once, and when it has got one another, and closes."""

  def handle(self):
    head = b''
    while not head.endswith(b'\r\n\r\n'):
      head += self.request.recv(1)
    key = re.search(rb'(?i)sec-websocket-key: (\S+)', head)[1]
    accepted = base64.b64encode(hashlib.sha1(key + b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest())
    # "binary", if any is asked for; else messages are text.
    protocol = re.search(rb'(?i)\r\nsec-websocket-protocol: \S+', head)
    kind = 2 if protocol else 1
    self.request.sendall(b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
                         b'Sec-WebSocket-Accept: ' + accepted + (protocol[0] if protocol else b'') + b'\r\n\r\n'
                         + self.frame(kind, b'hello') + self.frame(kind, b'there'))
    self.request.recv(100)
    self.request.sendall(self.frame(kind, b'bye') + self.frame(8, (1000).to_bytes(2, 'big')))
    self.request.recv(100)

  @staticmethod
  def frame(opcode, data):
    return bytes([0x80 | opcode, len(data)]) + data


MINIFIED = [[], ['-O3', '--closure=1']]


@pytest.fixture(scope='module')
def websocket_port():
  with socketserver.ThreadingTCPServer(('127.0.0.1', 0), WebSocketServer) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()


@pytest.mark.browser_only(reason='Node.js 20 has no WebSocket')
@pytest.mark.parametrize('flags', MINIFIED, ids=['', 'closure'])
def test_early_events_of_a_websocket(build, run, engine, websocket_port, flags):
  # What it gets before main() has set its callbacks is not lost.
  program = build('deputy/test_websocket.c', '-sDEPUTY_THREAD', '-lwebsocket', *flags)
  result = run(program, engine, args=[f'ws://127.0.0.1:{websocket_port}/'], expect_exit=0)
  result.check_out(Path(__file__).with_name('deputy') / 'test_websocket.out')


# Of a main module each function is linked, also those that nobody calls.
@pytest.mark.browser_only(reason='Node.js 20 has no WebSocket')
@pytest.mark.parametrize('flags', [[], ['-sMAIN_MODULE=1', '-Wno-experimental']], ids=['', 'main_module_1'])
def test_threads_of_websockets(build, run, engine, websocket_port, flags):
  program = build('deputy/test_websocket_threads.c', '-sDEPUTY_THREAD', '-sEXIT_RUNTIME', '-lwebsocket', *flags)
  result = run(program, engine, args=[f'ws://127.0.0.1:{websocket_port}/'], expect_exit=0)
  assert result.stdout == ['done']


@pytest.mark.parametrize('flags', MINIFIED, ids=['', 'closure'])
def test_socket_callbacks(build, run, engine, websocket_port, flags, monkeypatch):
  # Of sockets of POSIX's functions; in Node.js they are made by a package.
  monkeypatch.setenv('NODE_PATH', str(REPO / 'build/npm/node_modules'))
  program = build('deputy/test_socket_callbacks.c', '-sDEPUTY_THREAD', *flags)
  result = run(program, engine, args=[websocket_port], expect_exit=0)
  result.check_out(Path(__file__).with_name('deputy') / 'test_socket_callbacks.out')


@pytest.mark.parametrize('flags', MINIFIED, ids=['', 'closure'])
def test_closed_socket(build, run, engine, websocket_port, flags, monkeypatch):
  monkeypatch.setenv('NODE_PATH', str(REPO / 'build/npm/node_modules'))
  program = build('deputy/test_socket_close.c', '-sDEPUTY_THREAD', '-sEXIT_RUNTIME', *flags)
  result = run(program, engine, args=[websocket_port], expect_exit=0)
  result.check_out(Path(__file__).with_name('deputy') / 'test_socket_close.out')


CANVAS = '<!doctype html><body><canvas id="canvas"></canvas></body>'


@pytest.mark.browser_only(reason='Node.js has no canvas')
def test_drawing_of_sdl(build, run, engine):
  program = build('deputy/test_sdl_draw.c', '-sDEPUTY_THREAD', '-sEXIT_RUNTIME', '-lSDL')
  result = run(program, engine, page=CANVAS, module='{canvas: document.getElementById("canvas")}', expect_exit=0)
  result.check_out(Path(__file__).with_name('deputy') / 'test_sdl_draw.out')


@pytest.mark.browser_only(reason='Node.js has no IndexedDB')
def test_fetch_is_kept(build, run, engine):
  program = build('deputy/test_fetch_cache.c', '-sDEPUTY_THREAD', '-sFETCH', '-sEXIT_RUNTIME')
  result = run(program, engine, files={'data.txt': 'some data'}, expect_exit=0)
  assert result.stdout == [f'{who}: {what}' for who in ('main', 'thread') for what in ('some data', 'gone')]
