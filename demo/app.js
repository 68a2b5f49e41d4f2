/**
 * @license
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * The demo page: form, progress, result. program.js runs xz, ticks.js watches this thread.
 *
 * With ?auto=1 (and threads=, level=) it compresses /input by itself and PUTs what came of it to
 * /result and /metrics, for run.py and the test suite.
 */

import { chooseBlockSize, estimateMemory, MEMORY_MIB, ProgramError, XzRun } from './program.js';
import { GapChart, TickRecorder } from './ticks.js';

const SAMPLE = 'input';
const MAX_THREADS = 16;
const LAST_LEVEL = 9;

const $ = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
const chart = new GapChart($('chart'));
const ticks = new TickRecorder((time, gap) => chart.add(time, gap));

let input = null; // the chosen File
let downloadUrl = '';

// ---- The form ----------------------------------------------------------------------------------

function setUpForm() {
  fillSelect($('threads'), 1, MAX_THREADS, query.get('threads') ?? 4);
  fillSelect($('level'), 0, LAST_LEVEL, query.get('level') ?? 6);
  $('form').hidden = false;
  $('form').addEventListener('change', showForm);
  $('form').addEventListener('submit', (event) => {
    event.preventDefault();
    compress();
  });
  $('file').addEventListener('change', () => choose($('file').files[0]));
  $('sample').addEventListener('click', chooseSample);
  setUpDrop();
  offerSample();
}

function fillSelect(select, first, last, chosen) {
  for (let value = first; value <= last; value++) select.add(new Option(value));
  select.value = chosen;
}

function setUpDrop() {
  const over = (event) => {
    event.preventDefault();
    $('drop').classList.toggle('over', event.type === 'dragover');
  };
  document.addEventListener('dragover', over);
  document.addEventListener('dragleave', over);
  document.addEventListener('drop', (event) => {
    over(event);
    choose(event.dataTransfer.files[0]);
  });
}

function choose(file) {
  if (!file) return;
  input = file;
  $('file-name').textContent = file.name;
  $('file-note').textContent = formatSize(file.size);
  showForm();
}

async function offerSample() {
  const answer = await fetch(SAMPLE, { method: 'HEAD' }).catch(() => null);
  $('sample').hidden = !answer?.ok;
}

async function chooseSample() {
  const answer = await fetch(SAMPLE);
  if (!answer.ok) {
    throw new ProgramError(`The sample file was answered with HTTP status ${answer.status}.`,
      'Make it with “make run”, or choose a file of your own.');
  }
  choose(new File([await answer.blob()], 'sample.tar'));
}

function options() {
  return { threads: Number($('threads').value), level: Number($('level').value) };
}

/** Shows what the choices need, and lets the run start only when they fit. */
function showForm() {
  const { threads, level } = options();
  const need = estimateMemory(input?.size ?? 0, threads, level);
  const fits = need <= MEMORY_MIB;
  $('memory').textContent = fits ?
    `Needs about ${need} MiB of the program’s ${MEMORY_MIB} MiB.` :
    `Needs about ${need} MiB, but the program has ${MEMORY_MIB} MiB: choose fewer threads or a lower level.`;
  $('memory').classList.toggle('warning', !fits);
  $('start').disabled = !input || !fits;
}

// ---- A run -------------------------------------------------------------------------------------

async function compress() {
  $('error').hidden = true;
  setRunning(true);
  const began = performance.now();
  chart.clear();
  ticks.start();
  try {
    const run = new XzRun(input, options());
    const painter = paintWhile(() => showProgress(run, performance.now() - began));
    const output = await run.finish().finally(painter.stop);
    ticks.stop();
    const seconds = (performance.now() - began) / 1000;
    showResult(output, seconds);
    return { output, metrics: measure(run, output, seconds) };
  } catch (error) {
    ticks.stop();
    $('run-title').textContent = 'Stopped';
    throw error;
  } finally {
    showTicks();
    setRunning(false);
  }
}

function setRunning(running) {
  $('form').inert = running;
  $('form').ariaBusy = running;
  if (!running) return;
  for (const id of ['run', 'ticks']) $(id).hidden = false;
  $('result').hidden = true;
  $('run-title').textContent = 'Compressing';
  $('result-size').textContent = $('result-ratio').textContent = '…';
  URL.revokeObjectURL(downloadUrl);
}

/** Calls `paint` once a frame until stop(). */
function paintWhile(paint) {
  let frame = requestAnimationFrame(function next() {
    paint();
    frame = requestAnimationFrame(next);
  });
  return { stop: () => cancelAnimationFrame(frame) };
}

function showProgress(run, elapsed) {
  const { position } = run;
  const allRead = position === input.size;
  $('progress').value = input.size ? position / input.size : 1;
  $('run-title').textContent = allRead ? 'Compressing the last blocks' : 'Compressing';
  $('read').textContent = formatSize(position);
  $('throughput').textContent = formatSpeed(position, elapsed / 1000);
  $('elapsed').textContent = formatSeconds(elapsed / 1000);
  showTicks();
}

function showTicks() {
  chart.draw();
  $('tick-count').textContent = ticks.gaps.length.toLocaleString('en');
  $('longest').textContent = formatMs(ticks.longest);
  $('hidden-note').hidden = !ticks.wasHidden;
  if (!ticks.timer) $('p99').textContent = formatMs(ticks.quantile(0.99));
}

function showResult(output, seconds) {
  $('progress').value = 1;
  $('run-title').textContent = 'Done';
  $('read').textContent = formatSize(input.size);
  $('throughput').textContent = formatSpeed(input.size, seconds);
  $('elapsed').textContent = formatSeconds(seconds);
  $('result-size').textContent = formatSize(output.length);
  $('result-ratio').textContent = input.size ? `${(100 * output.length / input.size).toFixed(1)} %` : 'it was empty';
  downloadUrl = URL.createObjectURL(new Blob([output], { type: 'application/x-xz' }));
  $('download').href = downloadUrl;
  $('download').download = `${input.name}.xz`;
  $('download').textContent = `Download ${input.name}.xz`;
  $('result').hidden = false;
}

function measure(run, output, seconds) {
  const { threads, level } = options();
  return {
    args: run.args,
    threads,
    level,
    block_size: chooseBlockSize(input.size, threads, level),
    input_bytes: input.size,
    output_bytes: output.length,
    seconds,
    ticks: ticks.gaps.length,
    gap_longest_ms: ticks.longest,
    gap_p99_ms: ticks.quantile(0.99),
    gap_median_ms: ticks.quantile(0.5),
    was_hidden: ticks.wasHidden,
    user_agent: navigator.userAgent,
  };
}

// ---- Words and figures -------------------------------------------------------------------------

function formatSize(bytes) {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function formatSpeed(bytes, seconds) {
  return `${(bytes / 1e6 / seconds).toFixed(2)} MB/s`;
}

function formatSeconds(seconds) {
  return `${seconds.toFixed(1)} s`;
}

function formatMs(ms) {
  return `${ms.toFixed(1)} ms`;
}

function showError(error) {
  $('error-message').textContent = error.message ?? String(error);
  $('error-remedy').textContent = error.remedy ?? 'Reload the page and try again.';
  $('error-log').textContent = error.log?.join('\n') ?? '';
  $('error-log').hidden = !error.log?.length;
  $('error').hidden = false;
}

// ---- Start -------------------------------------------------------------------------------------

/** Explains what keeps this page from shared memory; returns whether anything does. */
function explainIsolation() {
  if (crossOriginIsolated) return false;
  $('not-isolated-reason').textContent = isSecureContext ?
    'its server did not send the two headers that ask for it.' :
    `it came over ${location.protocol.slice(0, -1)}, which browsers do not trust; use https or localhost.`;
  $('not-isolated').hidden = false;
  return true;
}

async function runAutomatically() {
  // The server answers when the run is over, and the page's load event waits for it: that is how
  // run.py's browser knows when to take its picture and leave.
  $('chart').after(Object.assign(new Image(), { src: 'finished.svg', alt: '', hidden: true }));
  const put = (path, body) => fetch(path, { method: 'PUT', body });
  try {
    await chooseSample();
    const { output, metrics } = await compress();
    await put('result', output);
    await put('metrics', JSON.stringify(metrics));
  } catch (error) {
    showError(error);
    await put('metrics', JSON.stringify({ error: error.message, remedy: error.remedy, log: error.log }));
  }
}

addEventListener('unhandledrejection', (event) => showError(event.reason));
if (!explainIsolation()) {
  setUpForm();
  showForm();
  if (query.has('auto')) runAutomatically();
}
