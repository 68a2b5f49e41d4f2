#!/usr/bin/env python3
# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
"""`make run`: xz, built by programs.py, compresses a real file in headless Chromium.

The page (app.js, with ?auto=1) sends back what it made; the machine's own xz checks it and
compresses the same file with the same options, and a table compares the two. Everything lands in
build/demo: result.json, sample.tar.xz, run.png.
"""

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager

import programs
import sample
import serve
from programs import BUILD, ForkError, held, say, step

OUTPUT = BUILD / 'sample.tar.xz'
PICTURE = BUILD / 'run.png'
RESULT = BUILD / 'result.json'

PROGRESS_SECONDS = 10  # between two lines that say we still wait
LEAVE_SECONDS = 30  # for the browser to take its picture and exit
SETTLE_SECONDS = 0.5  # for the page to draw its last state before the picture

BROWSER = 'chromium'  # the command that set-up asks of the host
FLAGS = (
  '--headless', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
  '--disable-background-networking', '--disable-component-update', '--hide-scrollbars',
  '--disable-dev-shm-usage',  # in a container it has 64 MB
  '--window-size=1000,1180',
)
DOT = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'


class Handler(serve.Handler):
  """What the page of an automatic run asks for besides its files."""

  def do_GET(self):
    if self.path.startswith('/finished.svg'):
      self.server.finished.wait()
      time.sleep(SETTLE_SECONDS)
      self.send_body(200, 'image/svg+xml', DOT)
    else:
      super().do_GET()

  def do_PUT(self):
    body = self.rfile.read(int(self.headers['Content-Length']))
    if self.path == '/result':
      OUTPUT.write_bytes(body)
    elif self.path == '/metrics':
      self.server.metrics = json.loads(body)
      self.server.finished.set()
    else:
      self.send_text(404, f'{self.path}: nothing is put here\n')
      return
    self.send_text(200, 'thanks\n')


class Server(serve.Server):
  def __init__(self):
    super().__init__(handler=Handler)
    self.finished = threading.Event()
    self.metrics = None


@contextmanager
def serving():
  server = Server()
  threading.Thread(target=server.serve_forever, daemon=True).start()
  try:
    yield server
  finally:
    server.finished.set()  # lets a held answer go
    server.shutdown()
    server.server_close()


def find_browser():
  if path := shutil.which(BROWSER):
    return path
  raise ForkError('no Chromium on PATH', 'run `tools/fork.py setup --for run`, or install '
                  '`chromium`; any browser can open the page that `make serve` serves')


def run_in_browser(options):
  """Open the page, wait for its run to end, and return its metrics."""
  OUTPUT.unlink(missing_ok=True)
  PICTURE.unlink(missing_ok=True)
  with serving() as server, tempfile.TemporaryDirectory(prefix='deputy-demo-') as profile:
    page = f'{server.url}?auto=1&threads={options.threads}&level={options.level}'
    root = ('--no-sandbox',) if os.geteuid() == 0 else ()  # Chromium's sandbox refuses root
    argv = [find_browser(), *FLAGS, *root, f'--user-data-dir={profile}/profile',
            f'--screenshot={PICTURE}', page]
    with (BUILD / 'chromium.log').open('w') as log, step('compressing in Chromium'):
      browser = subprocess.Popen(argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                 start_new_session=True)
      try:
        wait_for_metrics(server, browser, options.timeout)
        wait_for_exit(browser)
      finally:
        end(browser)
  return server.metrics


def wait_for_metrics(server, browser, timeout):
  start = time.monotonic()
  while not server.finished.wait(PROGRESS_SECONDS):
    seconds = time.monotonic() - start
    if browser.poll() is not None:
      raise ForkError(f'Chromium ended ({browser.returncode}) before the page was done',
                      f'read {BUILD / "chromium.log"}')
    if seconds > timeout:
      raise ForkError(f'the page was not done after {seconds:.0f} s',
                      f'read {BUILD / "chromium.log"}, allow more with --timeout, or watch the '
                      'page itself: make serve')
    say(f'  still compressing after {seconds:.0f} s')
  if error := server.metrics.get('error'):
    log = '\n'.join(server.metrics.get('log') or [])
    raise ForkError(f'the page reports: {error}\n{log}'.rstrip(),
                    server.metrics.get('remedy') or 'open the page yourself: make serve')


def wait_for_exit(browser):
  try:
    browser.wait(LEAVE_SECONDS)
  except subprocess.TimeoutExpired:
    say('  Chromium did not leave by itself (there may be no picture): ending it')


def end(browser):
  """End the browser and every process it started."""
  for number in (signal.SIGTERM, signal.SIGKILL):
    try:
      os.killpg(browser.pid, number)
      browser.wait(5)
    except ProcessLookupError:
      return
    except subprocess.TimeoutExpired:
      continue


def native_xz(*args, **options):
  done = subprocess.run(['xz', *map(str, args)], stderr=subprocess.PIPE, check=False, **options)
  if done.returncode:
    raise ForkError(f'`xz {" ".join(map(str, args))}` failed: {done.stderr.decode().strip()}',
                    f'the browser\'s file is wrong; compare {OUTPUT} with {sample.SAMPLE}')
  return done


def verify():
  """Have the machine's own xz test the browser's file, and compare every byte."""
  with step('verifying with the native xz'):
    native_xz('-t', OUTPUT)
    found = native_xz('-dc', OUTPUT, stdout=subprocess.PIPE).stdout
    if found != sample.SAMPLE.read_bytes():
      raise ForkError('the decompressed file differs from the input',
                      f'compare `xz -dc {OUTPUT}` with {sample.SAMPLE}')


def run_native(args):
  """Seconds and output size of the machine's own xz with the same options."""
  with step('compressing with the native xz'), tempfile.TemporaryFile() as output:
    start = time.monotonic()
    native_xz(*args, '-c', sample.SAMPLE, stdout=output)
    return {'seconds': time.monotonic() - start, 'output_bytes': output.seek(0, os.SEEK_END)}


def print_table(browser, native):
  def mb(size):
    return f'{size / 1e6:.2f} MB'

  rows = (
    ('input', mb(browser['input_bytes'])),
    ('output', mb(browser['output_bytes'])),
    ('ratio', f'{browser["output_bytes"] / browser["input_bytes"]:.1%}'),
    ('options', ' '.join(browser['args'])),
    ('threads', f'{browser["threads"]} (on {os.cpu_count()} cores)'),
    ('time in the browser', f'{browser["seconds"]:.2f} s'),
    ('time native', f'{native["seconds"]:.2f} s'),
    ('browser / native', f'{browser["seconds"] / native["seconds"]:.2f}'),
    ('UI ticks', f'{browser["ticks"]}'),
    ('longest gap between ticks', f'{browser["gap_longest_ms"]:.1f} ms'),
    ('99 % of gaps below', f'{browser["gap_p99_ms"]:.1f} ms'),
    ('verified', 'xz -t, and byte for byte'),
  )
  width = max(len(name) for name, _ in rows)
  print()
  for name, value in rows:
    print(f'  {name:<{width}}  {value}')
  print()


def run(options):
  programs.build('xz')
  sample.build()
  browser = run_in_browser(options)
  verify()
  native = run_native(browser['args'])
  digest = hashlib.sha256(sample.SAMPLE.read_bytes()).hexdigest()
  RESULT.write_text(json.dumps({'input_sha256': digest, 'cores': os.cpu_count(),
                                'browser': browser, 'native': native}, indent=2) + '\n')
  print_table(browser, native)
  print(f'  the file: {OUTPUT}\n  a picture of the page: {PICTURE}\n  all figures: {RESULT}')


def main():
  parser = argparse.ArgumentParser(description='Compress a real file in headless Chromium and check it.')
  parser.add_argument('--threads', type=int, default=4, choices=range(1, 17), metavar='1-16')
  parser.add_argument('--level', type=int, default=6, choices=range(7), metavar='0-6')
  parser.add_argument('--timeout', type=float, default=240, metavar='SECONDS',
                      help='the longest the page may take (default: 240)')
  options = parser.parse_args()
  try:
    # What it writes has the same names in every run.
    with held(BUILD / 'run.lock', lambda: say(f'waiting for another run of the demo in {BUILD}')):
      run(options)
  except ForkError as error:
    sys.exit(f'run.py: error: {error}')


if __name__ == '__main__':
  main()
