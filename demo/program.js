/**
 * @license
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Runs the xz program, built by programs.py, on a File: one process a run. Its file system is
 * Emscripten's MEMFS, which lives on the page's thread, so the page can look at how far the
 * program has read without a lock. The page around it is app.js.
 */

const SCRIPT = new URL('programs/xz.js', document.baseURI).href;

/** The program's whole memory, -sINITIAL_MEMORY in programs.py. */
export const MEMORY_MIB = 1024;

const MIB = 1 << 20;
// What one encoder takes at each level, and its dictionary, in MiB: the table in xz(1).
const ENCODER_MIB = [3, 9, 17, 32, 48, 94, 94, 186, 370, 674];
const DICTIONARY_MIB = [0.25, 1, 2, 4, 4, 8, 8, 16, 32, 64];
// xz copies a block in whole before it compresses it, and its output waits for its turn.
const COPIES_OF_A_BLOCK = 3;

/** The bytes of a block that keep every thread busy, within what xz itself would choose. */
export function chooseBlockSize(size, threads, level) {
  const even = Math.ceil(size / (2 * threads) / MIB) * MIB;
  return Math.max(MIB, Math.min(even, 3 * DICTIONARY_MIB[level] * MIB));
}

/** About how much memory a run takes, in MiB. */
export function estimateMemory(size, threads, level) {
  const block = chooseBlockSize(size, threads, level) / MIB;
  return Math.ceil(threads * (ENCODER_MIB[level] + COPIES_OF_A_BLOCK * block)) + 8;
}

/** A failure to show to a person: what happened, and what to do next. */
export class ProgramError extends Error {
  constructor(message, remedy, log = []) {
    super(message);
    this.remedy = remedy;
    this.log = log;
  }
}

let loaded = null;

/** Loads the program's script, once a page. */
function load() {
  loaded ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = SCRIPT;
    script.onload = resolve;
    script.onerror = () => {
      loaded = null;
      reject(new ProgramError(`The program ${SCRIPT} could not be loaded.`,
        'Build it with “make run” (or “python3 demo/programs.py xz”), then try again.'));
    };
    document.head.append(script);
  });
  return loaded;
}

/** One run of xz; `log` is what it printed. */
export class XzRun {
  constructor(file, { threads, level }) {
    this.file = file;
    this.log = [];
    this.module = null;
    this.lastPosition = 0;
    this.args = [`-T${threads}`, `-${level}`, '-k',
      `--block-size=${chooseBlockSize(file.size, threads, level)}`];
  }

  /** The bytes of the input that the program has read so far. */
  get position() {
    const stream = this.module?.FS.streams.find((open) => open?.path === '/input');
    if (stream) this.lastPosition = stream.position;
    return this.lastPosition;
  }

  /** Runs the program to its end and returns the bytes of the .xz file. */
  async finish() {
    await load();
    const bytes = new Uint8Array(await this.file.arrayBuffer());
    const print = (line) => this.log.push(line);
    const settings = {
      thisProgram: 'xz',
      arguments: [...this.args, '/input'],
      preRun: [(module) => {
        this.module = module;
        module.FS.writeFile('/input', bytes, { canOwn: true });
      }],
      print,
      printErr: print,
    };
    let status;
    try {
      const module = await globalThis.createProgram(settings);
      status = await module.deputy.exited;
    } catch (error) {
      throw this.explain(error);
    }
    if (status !== 0) {
      throw new ProgramError(`xz ended with exit status ${status}.`,
        'Its own words are below; fewer threads or a lower level take less memory.', this.log);
    }
    return this.module.FS.readFile('/input.xz');
  }

  explain(error) {
    if (error instanceof RangeError || /memory/i.test(error.message)) {
      return new ProgramError(`The browser gave the program no memory: ${error.message}`,
        `It needs ${MEMORY_MIB} MiB of shared memory: close other tabs, reload this page and try again.`,
        this.log);
    }
    return new ProgramError(`The program failed: ${error.message ?? error}`,
      'Reload the page and try again; the browser’s console may say more.', this.log);
  }
}
