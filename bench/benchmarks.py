# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# The table of benchmarks. To add one: drop a source beside this file, add a row. README.md tells how a source
# looks; run.py runs the rows, runner/report.py shows them in this order.

from dataclasses import dataclass

US = '\N{MICRO SIGN}s'
ENGINES = ('node', 'chromium', 'firefox', 'webkit')


@dataclass(frozen=True)
class Goal:
  """deputy ÷ base, the median of the rounds' ratios, is `most` or less."""

  base: str         # a variant; '': the median of deputy's samples itself, in the benchmark's unit
  most: float
  text: str         # what for
  engines: tuple = ENGINES
  part: str = ''    # of the benchmark; none is all of it


@dataclass(frozen=True)
class Benchmark:
  name: str
  unit: str
  measures: str                 # one sentence, for the report
  source: str = ''              # file here, by whose name the program reports; default: name.c
  flags: tuple = ()             # besides each variant's own; one that names a file here is that file
  deputy_flags: tuple = ()      # besides these, of variant `deputy`
  variants: tuple = ('native', 'deputy', 'stock')
  engines: tuple = ENGINES
  pinned: bool = False          # also on one core and on two: Node.js and native
  before: str = ''              # JavaScript of page/, run on the UI thread before the program is loaded
  beside: str = ''              # the same, once it runs
  floor: str = ''               # JavaScript of page/ that is variant `floor`; it has the deputy's program as `program`
  page: str = ''                # JavaScript of page/ that measures, on the page, and main() does not; see README.md
  args: tuple = ()              # of the program, after its batches and their milliseconds
  quick_args: tuple = ()        # these instead with --quick
  gaps: bool = False            # also the longest time between two ticks of the UI thread; the unit is microseconds
  once: bool = False            # in the first round only: it takes long
  stretch: int = 1              # how many times longer than usual its batches are
  limit: int = 20               # seconds of a run; then it counts as hung
  goals: tuple = ()


NO_HOP = 'a thread starts and ends without a hop over the UI thread'
BIG = ('-include', 'big.h')
STAGE_CLOCK = ('--extern-pre-js', 'cold_stages.js')
MEMORY = ('-sINITIAL_MEMORY=128MB',)
FILES = ('fseek() to anywhere in a file of 4 MiB, and fread() of 16 bytes; “seek_4”: four threads, each with its own '
         'file; “read_4k”, “read_1m”: pread() of so much, by one and by four; “storm”: a file is created, closed, asked '
         'about by stat(), and unlinked')
STAGES = ('A thread that has to wait for a new worker, one at a time, in stages: “ask” until the UI thread makes the '
          'worker, “worker” until its script runs, “script” until that has the module, “init” until the program is '
          'ready there, “thread” until its first instruction. The mean of several.')

CALLED = ('-sMODULARIZE', '-sEXPORTED_RUNTIME_METHODS=ccall', '-sINITIAL_MEMORY=64MB',
          '-sSTACK_SIZE=4MB')  # where stock's ccall() puts texts
CALLERS = ('floor', 'peer', 'deputy', 'stock')
CALLED_BY = ('the floor is a bare worker that answers messages, the peer Comlink with such a worker; stock calls '
             'inline, on the UI thread, which stands still for it')

BENCHMARKS = (
  Benchmark(
    'create_join', US, 'Time of one pthread_create and its pthread_join, in sequence, on a warm pool.',
    pinned=True, goals=(
      Goal('native', 0.5, 'a parked worker is cheaper than a new thread of the system', ('node', 'chromium')),
      Goal('native', 1, 'where wakes cost more, no dearer than a new thread of the system', ('firefox', 'webkit')),
      Goal('stock', 1 / 8, NO_HOP))),
  Benchmark(
    'create_join_ui_busy', US, 'The same while the UI thread is kept busy half of the time, 5 ms of every 10; '
    'native has no UI thread and is that of create_join.',
    source='create_join.c', beside='ui_busy.js', stretch=4),
  Benchmark(
    'create_ui_blocked', 'ms', 'Time of one pthread_create and its pthread_join that begin just after the UI thread '
    'begins to spin for 200 ms, with a parked worker there.', goals=(
      Goal('stock', 0.05, 'a UI thread busy for 200 ms delays a warm create by nothing measurable'),)),
  Benchmark(
    'first_instruction', US, 'From the call of pthread_create to the first instruction of the thread, warm; each '
    'sample is the mean of many.', pinned=True),
  Benchmark(
    'batch', US, 'Eight threads created, then all eight joined: time per thread.', pinned=True),
  Benchmark(
    'cold64', 'ms', '64 threads at once on an empty pool, until all have run their first instruction; the floor is '
    '64 bare workers that instantiate the program\'s own module, and run nothing of it.',
    variants=('native', 'floor', 'deputy', 'stock'), floor='cold64_floor.js', goals=(
      Goal('floor', 1.2, 'little more than what engines take to start so many workers'),)),
  Benchmark(
    'cold64_big', 'ms', 'The same with a program whose WebAssembly has 3 MB.', source='cold64.c', flags=BIG,
    variants=('floor', 'deputy', 'stock'), floor='cold64_floor.js', limit=60),
  Benchmark(
    'cold_stages', 'ms', f'{STAGES} The place without a stage is all of it.', source='cold_stages.c',
    flags=STAGE_CLOCK, variants=('deputy', 'stock'), before='count_workers.js'),
  Benchmark(
    'cold_stages_big', 'ms', 'The same with a program whose WebAssembly has 3 MB.', source='cold_stages.c',
    flags=(*STAGE_CLOCK, *BIG), variants=('deputy', 'stock'), before='count_workers.js', limit=60),
  Benchmark(
    'tasks', US, 'Empty tasks through a pool of four threads with a mutex and two condition variables: time per '
    'task.', pinned=True),
  Benchmark(
    'call_burst', US, 'A thread calls JavaScript on the UI thread, again and again; the floor is a bare worker that '
    'wakes the UI thread and sleeps until it answers.', variants=('floor', 'deputy', 'stock'),
    floor='call_floor.js', pinned=True, gaps=True, goals=(
      Goal('stock', 0.6, 'neither side has to be woken', ('node', 'chromium')),
      Goal('stock', 0.7, 'neither side has to be woken', ('firefox',)),
      Goal('stock', 1, 'no dearer where wakes are lost', ('webkit',)),
      Goal('floor', 1.2, 'little more than the bare wakes'))),
  Benchmark(
    'call_cold', US, 'The same once in 5 ms, when both have slept.', variants=('floor', 'deputy', 'stock'),
    floor='call_floor.js', gaps=True, goals=(Goal('floor', 1.2, 'little more than the bare wakes'),)),
  Benchmark(
    'call_busy', US, 'The same while three other threads compute.', source='call_burst.c', args=(3,),
    variants=('deputy', 'stock'), gaps=True, goals=(
      Goal('stock', 1, 'looking for the other does not take the core that it needs'),)),
  Benchmark(
    'page_call', US, f'The page calls a C function and awaits what it returns, one call after the other; {CALLED_BY}.',
    source='page_call.c', flags=CALLED, variants=CALLERS, page='page_call.js', goals=(
      Goal('floor', 0.85, 'no dearer than two messages', ('chromium',)),
      Goal('floor', 1.1, 'no dearer than two messages', ('firefox',)),
      Goal('floor', 1.3, 'little more than two messages', ('webkit', 'node')),
      Goal('peer', 0.5, 'half of what such calls take by messages'))),
  Benchmark(
    'page_calls_outstanding', US, 'The page makes 10,000 such calls and awaits all: time per call.',
    source='page_call.c', flags=CALLED, variants=CALLERS, page='page_calls_outstanding.js', limit=60, goals=(
      Goal('', 5, '200,000 calls in a second'),)),
  Benchmark(
    'page_call_text', 'ms', 'Such a call with 1 MB of text as an argument; “bytes”: with a typed array of 1 MB; “UI”: '
    'how long the call expression takes of that.',
    source='page_call.c', flags=CALLED, variants=CALLERS, page='page_call_text.js', stretch=2, limit=60, goals=(
      Goal('', 1, 'the page does not stand still', part='UI'),)),
  Benchmark(
    'page_call_ui', US, 'What a call takes of the UI thread, to issue it and to settle its Promise, in a burst of 500; '
    '“issue”: the first of the two; “alone”: a call alone, with what the event loop takes to come to its answer.',
    source='page_call.c', flags=CALLED, variants=CALLERS, page='page_call_ui.js', stretch=4, limit=60, goals=(
      Goal('', 3, 'the page has its time for itself'),)),
  Benchmark(
    'page_call_busy', 'ms', 'The same as page_call, but the thread that is called computes for 9 ms of every 10, and '
    'calls come at random times; “p90”: the slowest tenth begins there.',
    source='page_call.c', flags=CALLED, variants=('floor', 'deputy'), page='page_call_busy.js', stretch=20, limit=60),
  Benchmark(
    'page_call_malloc', 'ms', 'The longest time between two ticks of the UI thread while four threads allocate and '
    'free, and functions that the page calls do; stock calls inline, and waits there for the allocator\'s lock.',
    source='page_call.c', flags=CALLED, variants=('deputy', 'stock'), page='page_call_malloc.js', stretch=20, limit=60,
    goals=(Goal('', 16.7, 'no frame is lost'),)),
  Benchmark(
    'call_thread', US, 'A thread calls a C function on another that is at its event loop.',
    variants=('deputy', 'stock')),
  Benchmark(
    'print', US, 'Four threads print 100,000 lines, until all are written: time per line.', args=(100_000,),
    quick_args=(10_000,), variants=('deputy', 'stock'), gaps=True, limit=60, goals=(
      Goal('stock', 0.05, 'a thread that prints does not wait'),)),
  Benchmark(
    'canvas', US, 'A thread draws a frame on the page\'s canvas by 10,000 calls that nobody waits for, and waits at the '
    'end of it; “batch”: the same as one batch.', variants=('deputy', 'stock'), engines=('chromium', 'firefox', 'webkit'),
    gaps=True, stretch=4, limit=60),
  Benchmark('files', US, FILES + '.', flags=MEMORY, variants=('deputy', 'stock'), gaps=True, limit=60),
  Benchmark(
    'files_wasmfs', US, FILES + ', the fork with -sWASMFS.', source='files.c', flags=MEMORY, deputy_flags=('-sWASMFS',),
    variants=('deputy', 'stock'), gaps=True, limit=60, goals=(Goal('stock', 0.05, 'the UI thread has no part in it'),)),
  Benchmark(
    'futex', US, 'A floor: round trip between two threads that sleep and wake each other with a futex.',
    variants=('native', 'stock'), pinned=True),
  Benchmark(
    'growth', 'workers', 'Workers that exist after a million pairs of create and join with at most eight threads '
    'alive, after 50,000 with stock, which takes longer over them; the floor is nine, for these and main(), and the '
    'spare ones.', variants=('deputy', 'stock'), before='count_workers.js', args=(1_000_000,), quick_args=(4_000,),
    once=True, limit=120, goals=(Goal('floor', 1, 'as many workers as threads at most, and the spare ones'),)),
  Benchmark(
    'parked_memory', 'MB', 'Resident memory of a parked worker: the Node.js process with 33 of them, less that with '
    'one, by 32. Browsers share their processes\' memory with other pages, so it is not measured there.',
    variants=('deputy', 'stock'), engines=('node',), before='count_workers.js',
    goals=(Goal('stock', 1, 'a pool without the UI thread takes no more memory'),)),
)
