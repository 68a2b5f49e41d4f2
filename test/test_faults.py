# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Programs to which something happens while four threads and the page are at work: the end comes within a bound, every
# call of the page's settles, no worker is left, and the page never stands still. `make soak` does it at random for as
# long as one likes.

import json
import random
import time

import pytest
from harness.server import Answer

# What ends a program, and how: the status that `exited` resolves with, or a part of its error's message; or any of some.
ENDS = {
  'none': 0,
  'exit': 0,
  'exit_from_thread': 0,
  'pthread_exit': 0,
  'clock': 0,
  'throttle': 0,
  'grow': 0,
  'abort': 'Aborted',
  'abort_from_thread': 'Aborted',
  'trap': 'nreachable',
  'throw': 'thrown on purpose',
  'throw_in_thread': 'thrown on purpose',
  'throw_in_key': 'thrown on purpose',
  'throw_in_cleanup': 'thrown on purpose',
  'throw_in_timer': 'thrown on purpose',
  'throw_in_main_loop': 'thrown on purpose',
  'throw_in_async_call': 'thrown on purpose',
  'throw_in_task': 'thrown on purpose',
  'throw_in_exit': 'thrown on purpose',
  'terminate': 'terminate()',
  # One is ended behind our back: in the middle of malloc(), say, for which all others then wait. The page can end it.
  'worker': ('0', 'terminate()', 'the deputy\'s worker has ended'),
  'gone 0': 'could not be started',
  'error 0': 'could not be started',
  'cut 0': 'could not be started',
  'slow 0': 0,
  'slow 2': 0,
  'throw_in_event': 'thrown on purpose',
  'memory': 'refused on purpose',
}
IN_PAGES = ['throw_in_event']
# Besides, where there is time for it: more threads than there may be.
MANY = 'many'
# As the browser's network may fail; of worker scripts after the deputy's, or of all.
SCRIPTS = {kind: [f'{kind} 0', f'{kind} 2'] for kind in ('gone', 'error', 'cut', 'slow')}

# How many programs a page runs, and the most memory of each: what those that have ended had is not free at once, and an
# address space is finite. (A page of WebKit's has 22 shared memories of upstream's 2 GB, or 67 of 512 MB.)
PAGE = 16
MOST_MEMORY = '-sMAXIMUM_MEMORY=256MB'
# Milliseconds.
END_BOUND = 30000
GAP_BOUND = 1000

PAGE_JS = '''
  const {seed, faults, END} = CONFIG;
  let state = seed;
  const random = (limit) => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return Math.floor(state / 2 ** 32 * limit);
  };
  const node = globalThis.process?.getBuiltinModule('module');
  const factory = node ? node.createRequire('/')(process.argv[1]) : globalThis.Module;
  const place = node ? process.getBuiltinModule('node:worker_threads') : globalThis;
  const {setTimeout, setInterval, Date: {now}} = globalThis;
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const bounded = (promise, what) => Promise.race([promise, pause(END).then(() => { throw new Error(`${what} has no end within ${END} ms`); })]);
  globalThis.steps = 0;
  // What is thrown on the page's thread on purpose ends no test.
  if (node) process.on('uncaughtException', () => {});
  else addEventListener('error', (event) => event.preventDefault());

  // Each worker, and whether it was ended; and the script that it gets.
  let workers = [], script = null;
  place.Worker = class extends place.Worker {
    constructor(url, options) {
      super(script && workers.length >= script.after ? script.url : url, options);
      workers.push(this);
    }
    terminate() {
      this.isEnded = true;
      return super.terminate();
    }
  };
  const {Memory} = WebAssembly;
  const {grow} = Memory.prototype;
  const PAGE_FAULTS = {
    throttle() {
      // As in a tab that is hidden.
      globalThis.setTimeout = (func, ms, ...args) => setTimeout(func, Math.max(1000, ms), ...args);
      globalThis.setInterval = (func, ms, ...args) => setInterval(func, Math.max(1000, ms), ...args);
    },
    clock() {
      Date.now = () => now() + (random(3) - 1) * 3600000;
    },
    grow() {
      WebAssembly.Memory.prototype.grow = () => { throw new RangeError('refused on purpose'); };
    },
    memory() {
      WebAssembly.Memory = function() { throw new RangeError('refused on purpose'); };
    },
  };
  const restore = () => {
    Object.assign(globalThis, {setTimeout, setInterval});
    Date.now = now;
    WebAssembly.Memory = Memory;
    Memory.prototype.grow = grow;
    script = null;
  };

  // (Those that crash are ended in a turn of their own.)
  async function workersLeft() {
    const left = () => workers.filter((worker) => !worker.isEnded).length;
    for (let i = 0; i < 100 && left(); i++) await pause(10);
    return left();
  }

  async function once(fault) {
    const ms = random(120);
    const said = [];
    // (A timer below may find the program ended, and the next one begun.)
    const own = workers = [];
    const [kind, after] = fault.split(' ');
    if (after) script = {url: `fault-${kind}.js`, after: Number(after)};
    PAGE_FAULTS[fault]?.();
    const settled = [];
    const starting = factory({
      arguments: [fault, String(ms), String(1 + random(2 ** 31))],
      print() {},
      printErr: (text) => said.push(text),
    });
    let isOver = false, program;
    try {
      program = await bounded(starting, `${fault}: its start`);
    } catch (error) {
      restore();
      return {fault, end: error.message, left: await workersLeft(), said, calls: 0};
    }
    const end = program.deputy.exited.then((status) => status, (error) => error.message).finally(() => isOver = true);
    if (fault == 'terminate') setTimeout(() => program.deputy.terminate(), ms);
    if (fault == 'worker') {
      setTimeout(() => own[random(own.length)].terminate(), ms);
      setTimeout(() => program.deputy.terminate(), 500);
    }
    while (!isOver) {
      for (let i = random(4); i > 0; i--) settled.push(program._work(random(1000)).then(() => 'answered', (error) => error.message));
      await Promise.race([end, pause(random(5))]);
      if (settled.length > 5000) await bounded(Promise.all(settled), `${fault}: a call`);
      if (!isOver && now() > begin + END) throw new Error(`${fault}: no end within ${END} ms; it said ${JSON.stringify(said)}`);
    }
    // Of a thread that has crashed, the others go on.
    if (typeof await end != 'number') program.deputy.terminate();
    await bounded(Promise.all(settled), `${fault}: a call`);
    restore();
    return {fault, ms, end: await end, left: await workersLeft(), said, calls: settled.length};
  }

  const results = [];
  let begin;
  // (The harness's timer is throttled as well.)
  let gap = 0, last = performance.now();
  setInterval(() => {
    gap = Math.max(gap, performance.now() - last);
    last = performance.now();
  }, 4);
  for (const fault of faults) {
    begin = now();
    try {
      results.push(await once(fault));
    } catch (error) {
      error.message += ` (run ${results.length}, seed ${seed})`;
      throw error;
    }
  }
  return {results, gap, heap: globalThis.process?.memoryUsage().rss ?? performance.memory?.usedJSHeapSize ?? 0};
'''

FRAME = '''<!doctype html>
<script>var Module = {arguments: ['none', '50', '7'], onRuntimeInitialized: () => Module.deputy.exited.then((status) => parent.postMessage(status))};</script>
<script src="test_faults.js"></script>
'''


def check(result, seed):
  assert result['left'] == 0, f'{result}, seed {seed}'
  fault = result['fault']
  expected = ENDS.get(fault)
  if isinstance(expected, int):
    assert result['end'] == expected, f'{result}, seed {seed}'
  elif isinstance(expected, tuple):
    assert any(text in str(result['end']) for text in expected), f'{result}, seed {seed}'
  elif expected:
    assert expected in str(result['end']), f'{result}, seed {seed}'
  # Each is said once.
  assert len(result['said']) == len(set(result['said'])), f'{result}, seed {seed}'


@pytest.mark.quiet
def test_faults_at_random(build, run, engine, request):
  # All in order, and then at random.
  seconds = request.config.getoption('soak')
  program = build('deputy/test_faults.c', '-sDEPUTY_THREAD', '-O2', '-sASSERTIONS', '-sMODULARIZE', '-sEXIT_RUNTIME', '-sABORTING_MALLOC=0',
                  '-sALLOW_MEMORY_GROWTH', MOST_MEMORY, '-Wno-pthreads-mem-growth')
  faults = [fault for fault in ENDS if ' ' not in fault and fault not in IN_PAGES]
  if seconds >= 60:
    faults.append(MANY)
  options = {}
  if engine != 'node':
    faults += IN_PAGES + [fault for kind in SCRIPTS.values() for fault in kind]
    script = program.path.read_text()
    options = {
      'files': {f'fault-{kind}.js': script for kind in SCRIPTS if kind != 'gone'},
      'rules': {'fault-error.js': Answer(status=500), 'fault-cut.js': Answer(truncate=2000), 'fault-slow.js': Answer(delay=1)},
    }
  end = time.monotonic() + seconds
  waiting, programs, longest_gap, heap = faults[:], 0, 0, 0
  while waiting or time.monotonic() < end:
    seed = random.randrange(1, 2 ** 31)
    chosen, waiting = waiting[:PAGE], waiting[PAGE:]
    config = {'seed': seed, 'faults': chosen or random.choices(faults, k=PAGE), 'END': END_BOUND}
    page_js = PAGE_JS.replace('CONFIG', json.dumps(config))
    report = run(program, engine, args=['none', 1, 1], timeout=120, page_js=page_js, **options).report
    for result in report['results']:
      check(result, seed)
    assert report['gap'] < GAP_BOUND, f'seed {seed}, {config["faults"]}'
    programs, longest_gap, heap = programs + len(report['results']), max(longest_gap, report['gap']), report['heap']
  print(f'{engine}: {programs} programs, longest gap {longest_gap:.0f} ms, memory of the last page {heap / 1e6:.0f} MB')


@pytest.mark.quiet
@pytest.mark.browser_only(reason='a page is reloaded')
def test_reloaded_at_random(build, run, engine, request):
  # In a frame, from before its script runs to after its program has ended.
  seconds = request.config.getoption('soak')
  program = build('deputy/test_faults.c', '-sDEPUTY_THREAD', '-O2', '-sASSERTIONS', '-sEXIT_RUNTIME')
  result = run(program, engine, args=['none', 20, 1], expect_exit=0, timeout=60 + 2 * seconds, files={'frame.html': FRAME}, page_js=f"""
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const until = performance.now() + {1000 * seconds};
    let ends = 0;
    addEventListener('message', ({{data}}) => ends += data === 0);
    uiGaps.reset();
    for (let i = 0; performance.now() < until || !ends; i++) {{
      const frame = document.body.appendChild(document.createElement('iframe'));
      frame.src = 'frame.html';
      await pause(400 * Math.random());
      frame.contentWindow.location.reload();
      await pause(i % 4 ? 200 * Math.random() : 1000);
      frame.remove();
    }}
    return [ends, uiGaps.summary().max];
  """)
  ends, gap = result.report
  assert ends
  assert gap < GAP_BOUND
