// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// Last script of every test page: loads the program the way it was linked, lets drive.js run the test
// and ends the page. config.js, which run.py writes for each test, sets harnessConfig.

(() => {
  const {record, firstReport, end} = harnessReporter;

  const loaders = {
    script(program, Module) {
      globalThis.Module = Module;
      return new Promise((resolve) => {
        const script = document.createElement('script');
        script.src = program.js;
        script.onload = () => resolve(globalThis.Module);
        // The load error is recorded by the reporter; nothing will start or exit.
        script.onerror = end;
        document.body.append(script);
      });
    },
    async factory(program, Module) {
      await loaders.script(program, undefined);
      return globalThis[program.exportName](Module);
    },
    async es6(program, Module) {
      return (await import(new URL(program.js, location.href))).default(Module);
    },
  };

  harnessDrive({
    config: harnessConfig,
    output: {
      print: (text) => record({type: 'stdout', text}),
      printErr: (text) => record({type: 'stderr', text}),
    },
    record,
    firstReport,
    load: (program, Module) => loaders[program.kind](program, Module),
  }).then(end);
})();
