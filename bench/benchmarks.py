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
  value: float      # in the benchmark's unit
  text: str         # where it comes from


@dataclass(frozen=True)
class Benchmark:
  name: str
  unit: str
  measures: str                 # one sentence, for the report
  source: str = ''              # file or folder here; default: name.c or name.cpp
  metric: str = ''              # the name the program reports under; default: the source's
  flags: tuple = ()             # besides each variant's own
  variants: tuple = ('native', 'deputy', 'stock')
  engines: tuple = ENGINES
  pinned: bool = False          # also on one core and on two: Node.js and native
  before: str = ''              # JavaScript of page/, run on the UI thread before the program is loaded
  beside: str = ''              # the same, once it runs
  floor: str = ''               # JavaScript of page/ that is variant `floor`: it reports what the program would
  args: tuple = ()              # of the program, after its batches and their milliseconds
  stretch: int = 1              # how many times longer than usual its batches are
  limit: int = 20               # seconds of a run; then it counts as hung
  goal: Goal | None = None


PROTOTYPE = 'the slowest engine of the prototype of room “pool”'

BENCHMARKS = (
  Benchmark(
    'create_join', US, 'Time of one pthread_create and its pthread_join, in sequence, on a warm pool.',
    pinned=True, goal=Goal(8, PROTOTYPE)),
  Benchmark(
    'create_join_ui_busy', US, 'The same while the UI thread is kept busy half of the time, 5 ms of every 10; '
    'native has no UI thread and is that of create_join.',
    source='create_join.c', beside='ui_busy.js', stretch=4, goal=Goal(30, PROTOTYPE)),
  Benchmark(
    'create_ui_blocked', 'ms', 'Time of one pthread_create and its pthread_join that begin just after the UI thread '
    'begins to spin for 200 ms, with a parked worker there.', goal=Goal(1, 'no hop over the UI thread')),
  Benchmark(
    'first_instruction', US, 'From the call of pthread_create to the first instruction of the thread, warm; each '
    'sample is the mean of many.', pinned=True),
  Benchmark(
    'batch', US, 'Eight threads created, then all eight joined: time per thread.', pinned=True),
  Benchmark(
    'cold64', 'ms', '64 threads at once on an empty pool, until all have run their first instruction; the floor is '
    '64 bare workers that instantiate a tiny compiled module.',
    variants=('native', 'floor', 'deputy', 'stock'), floor='cold64_floor.js'),
  Benchmark(
    'tasks', US, 'Empty tasks through a pool of four threads with a mutex and two condition variables: time per '
    'task.', pinned=True),
  Benchmark(
    'futex', US, 'A floor: round trip between two threads that sleep and wake each other with a futex.',
    variants=('native', 'stock'), pinned=True),
  Benchmark(
    'growth', 'workers', 'Workers that exist after 2,000 pairs of create and join with at most eight threads alive, '
    'main()\'s own included.', variants=('deputy', 'stock'), before='count_workers.js',
    goal=Goal(9, 'eight threads and main()')),
  Benchmark(
    'parked_memory', 'MB', 'Resident memory of a parked worker: the Node.js process with 33 of them, less that with '
    'one, by 32. Browsers share their processes\' memory with other pages, so it is not measured there.',
    variants=('deputy', 'stock'), engines=('node',)),
)
