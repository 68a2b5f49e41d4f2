// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// Runs one test program and what the test does with it: sets up Module, loads the program, records how
// it starts and ends, runs the test's page_js. page.js (browsers) and driver.cjs (Node) bring their own
// way to load and to record; the events recorded are what run.py turns into a Result.

// The time between ticks of this thread that are due every 4 ms (browsers' own lower bound).
globalThis.uiGaps = (() => {
  let gaps = [];
  let last = performance.now();
  let timer;
  function tick() {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
    timer = setTimeout(tick, 4);
    timer.unref?.();  // Node: measuring keeps no process alive
  }
  return {
    start: tick,
    reset() {
      gaps = [];
      last = performance.now();
    },
    summary() {
      // The gap that is still open counts: a thread may be asked right after it was blocked.
      const sorted = [...gaps, performance.now() - last].sort((a, b) => a - b);
      return {max: sorted.at(-1), p99: sorted[Math.floor(0.99 * (sorted.length - 1))], count: sorted.length};
    },
  };
})();

globalThis.harnessError = (error) =>
  error instanceof Error
    ? {name: error.name, message: error.message, stack: String(error.stack)}
    : {name: typeof error, message: String(error), stack: ''};

// Makes the Module the program starts with. `ended` is called once with the event that ends it.
function makeModule(config, output, ended) {
  const given = config.module?.() ?? {};
  const Module = {
    ...output,
    arguments: config.args,
    ...given,
    onExit(code) {
      given.onExit?.(code);
      // A deputy's exit is told by its promise; onExit is then the test's business alone.
      if (!Module.deputy) ended({type: 'exit', code});
    },
    onAbort(what) {
      given.onAbort?.(what);
      if (!Module.deputy) ended({type: 'aborted', message: String(what)});
    },
  };
  return Module;
}

function followDeputy(deputy, record, ended) {
  deputy.started?.then(
    () => record({type: 'started', outcome: 'resolved'}),
    (error) => record({type: 'started', outcome: {rejected: harnessError(error).message}}));
  deputy.exited?.then(
    (code) => ended({type: 'exit', code}),
    (error) => ended({type: 'rejection', ...harnessError(error)}));
}

// config: {program: {js, kind, exportName} | null, args, module: () => object, pageJs, awaitExit}.
// load(program, Module) resolves with the program's Module. Resolves when the test is over, which is at
// firstReport if there is neither an exit to wait for nor a page_js.
globalThis.harnessDrive = async ({config, output, record, load, firstReport}) => {
  uiGaps.start();
  let Module;
  let ended;
  const exit = new Promise((resolve) => {
    ended = (event) => {
      record(event);
      resolve();
    };
  });
  if (config.program) {
    const made = makeModule(config, output, ended);
    try {
      Module = await load(config.program, made);
    } catch (error) {
      Module = made;
      ended({type: 'rejection', ...harnessError(error)});
    }
    if (Module.deputy) followDeputy(Module.deputy, record, ended);
  }
  const parts = [];
  if (config.program && config.awaitExit) parts.push(exit);
  if (config.pageJs) {
    parts.push(Promise.resolve(Module).then(config.pageJs).then(
      (value) => value === undefined || record({type: 'report', value}),
      (error) => record({type: 'page_js', ...harnessError(error)})));
  }
  await Promise.all(parts.length ? parts : [firstReport]);
  record({type: 'ui_gaps', ...uiGaps.summary()});
};
