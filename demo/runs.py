# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
"""Runs the programs of programs.py, in the test harness's engines and on the host, and says what they made.

test/test_programs.py compares the two; table.py measures them.
"""

import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

import programs
import sample

SIZE = 8 << 20  # of the sample file

# The work of a Lua program: strings, tables, closures, coroutines.
WORK = '''
local count = {}
local text = io.open('input', 'rb'):read('a')
for word in text:gmatch('%a+') do count[word] = (count[word] or 0) + 1 end
local words = {}
for word in pairs(count) do words[#words + 1] = word end
table.sort(words, function(a, b) return count[a] > count[b] or count[a] == count[b] and a < b end)
for i = 1, 20 do print(words[i], count[words[i]]) end
local function permutations(a, n)
  if n == 0 then coroutine.yield(a) end
  for i = 1, n do
    a[i], a[n] = a[n], a[i]
    permutations(a, n - 1)
    a[i], a[n] = a[n], a[i]
  end
end
local sum = 0
for a in coroutine.wrap(function() permutations({1, 2, 3, 4, 5, 6, 7, 8, 9}, 9) end) do
  sum = (sum * 31 + a[1]) % 1000003
end
print(sum)
'''

PAGE = '''
  const script = document.createElement('script');
  script.src = 'program.js';
  await new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  const read = async (file) => new Uint8Array(await (await fetch(file)).arrayBuffer());
  const files = await Promise.all(inputs.map(read));
  const printed = [];
  const log = [];
  const encoder = new TextEncoder();
  let onExit;
  const exit = new Promise((resolve) => onExit = resolve);
  uiGaps.reset();
  const start = performance.now();
  const module = await createProgram({
    thisProgram: name,
    arguments: args,
    locateFile: (file) => file.endsWith('.wasm') ? 'program.wasm' : file,
    preRun: [(module) => inputs.forEach((file, i) => module.FS.writeFile(file, files[i]))],
    print: (line) => printed.push(line),
    printErr: (line) => log.push(line),
    onExit,
    onAbort: (why) => onExit(`aborted: ${why}`),
  });
  const status = await (module.deputy?.exited ?? exit);
  const seconds = (performance.now() - start) / 1000;
  const gap = uiGaps.summary().max;
  await upload('printed', encoder.encode(printed.map((line) => line + '\\n').join('')));
  if (status === 0 && made) await upload('made', module.FS.readFile(made));
  return {status, seconds, gap, log: log.slice(-40)};
'''


@dataclass
class Outcome:
  """How a run ended."""

  status: object
  seconds: float       # in a browser with the program's loading
  made: bytes          # the run's result
  gap: float | None    # the longest between two ticks of the UI thread, ms
  log: str             # the end of what it printed


def inputs_of(run):
  """The files that a run reads: name -> content."""
  makers = {'input': lambda: sample.build().read_bytes()[:SIZE], 'work.lua': WORK.encode,
            'alignment.fa': alignment}
  return {name: makers[name]() for name in run.inputs}


def alignment(sequences=120, length=500):
  """DNA that descends from one ancestor, in FASTA."""
  random = Random(1)
  family = [''.join(random.choices('ACGT', k=length))]
  while len(family) < sequences:
    parent = random.choice(family)
    family.append(''.join(random.choice('ACGT') if random.random() < 0.05 else base for base in parent))
  return ''.join(f'>s{i}\n{sequence}\n' for i, sequence in enumerate(family)).encode()


def in_browser(run, engine, name, flavour='deputy'):
  """Runs the program `name`; `run` is the harness's."""
  what = programs.CATALOGUE[name].run
  script = programs.build(name, flavour)
  files = {'program.js': script.read_bytes(), 'program.wasm': script.with_suffix('.wasm').read_bytes()}
  known = (f'const name = {name!r}, args = {list(what.args)}, inputs = {list(what.inputs)}, '
           f'made = {what.result!r};\n')
  result = run(None, engine, files={**files, **inputs_of(what)}, page_js=known + PAGE, timeout=what.seconds)
  report = result.report
  printed = result.uploads['printed']
  made = what_counts(what, printed, lambda: result.uploads.get('made', b''))
  log = printed.decode(errors='replace')[-2000:] + '\n'.join(report['log'])
  return Outcome(report['status'], report['seconds'], made, report['gap'], log)


def native(name):
  """Runs the host's build of the same source."""
  what = programs.CATALOGUE[name].run
  program = programs.build(name, 'native')
  with tempfile.TemporaryDirectory(prefix='deputy-native-') as folder:
    for file, content in inputs_of(what).items():
      (Path(folder) / file).write_bytes(content)
    start = time.monotonic()
    done = subprocess.run([program, *what.args], cwd=folder, capture_output=True, timeout=what.seconds, check=False)
    seconds = time.monotonic() - start
    made = what_counts(what, done.stdout, (Path(folder) / what.result).read_bytes)
  log = (done.stdout[-2000:] + done.stderr[-2000:]).decode(errors='replace')
  return Outcome(done.returncode, seconds, made, None, log)


def what_counts(what, printed, file):
  """What a run has to make everywhere."""
  if what.result:
    return file()
  return printed if what.steady else b''
