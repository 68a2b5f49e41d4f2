// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// The Node counterpart of reporter.js and page.js: `node driver.cjs config.json program.js args...`.
// Writes the events to the file run.py names; the program's output is the process's own.

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const {createRequire} = require('node:module');
const {pathToFileURL} = require('node:url');
require('./drive.js');

const [, , configFile, ...argv] = process.argv;
const given = JSON.parse(fs.readFileSync(configFile, 'utf8'));
process.argv = [process.argv[0], ...argv];  // as `node program.js args` would have it

const AsyncFunction = (async () => {}).constructor;
const config = {
  ...given,
  module: given.module && new Function(`return (${given.module})`),
  pageJs: given.pageJs && new AsyncFunction('Module', given.pageJs),
};

if (config.survive) process.on('uncaughtException', () => {}).on('unhandledRejection', () => {});

const events = [];
const record = (event) => events.push({...event, sequence: events.length, at: performance.now()});
globalThis.report = async (value) => record({type: 'report', value});
globalThis.upload = async (name, data) =>
  record({type: 'upload', name, base64: Buffer.from(await new Blob([data]).arrayBuffer()).toString('base64')});

const loaders = {
  // As require does it, with one more parameter: the program's own `var Module` hides a global one.
  script(program, Module) {
    const file = path.resolve(program.js);
    const module = {exports: {}};
    vm.compileFunction(
      fs.readFileSync(file, 'utf8'),
      ['Module', 'exports', 'require', 'module', '__filename', '__dirname'],
      {filename: file, importModuleDynamically: vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER},
    )(Module, module.exports, createRequire(file), module, file, path.dirname(file));
    return Module;
  },
  factory: (program, Module) => require(path.resolve(program.js))(Module),
  es6: async (program, Module) => (await import(pathToFileURL(program.js))).default(Module),
};

process.on('exit', (code) => {
  // The program may end the process, which ends the test if only the exit was waited for.
  if (config.awaitExit && !events.some(({type}) => ['exit', 'rejection', 'aborted'].includes(type))) {
    record({type: 'exit', code});
  }
  if (!config.pageJs) record({type: 'end'});
  fs.writeFileSync(config.eventsFile, JSON.stringify(events));
});

harnessDrive({
  config,
  output: {},
  record,
  load: async (program, Module) => loaders[program.kind](program, Module),
}).then(() => {
  if (config.pageJs) record({type: 'end'});
  process.exit();  // idle workers must not keep the process
});
