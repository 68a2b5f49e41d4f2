# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Runs a program in an engine: writes the page or Node's driver configuration, waits for the end under a hard
# limit and returns a Result (result.py). browsers.py and server.py do the browsers' part.

import json
import shlex
import shutil
import tempfile
import time
from pathlib import Path

from harness.browsers import Browser
from harness.keeper import Kept
from harness.result import Result, RunFailed
from harness.server import ASSETS, ISOLATION, Page, Server

DEFAULT_PAGE = '<!doctype html>\n<html><head><meta charset="utf-8"><title>test</title></head><body></body></html>\n'
FIRST_SCRIPTS = ''.join(f'<script src="-/{name}.js"></script>' for name in ('drive', 'reporter', 'config'))
LAST_SCRIPT = '<script src="-/page.js"></script>'


class Deadline:
  def __init__(self, seconds):
    self.seconds = seconds
    self.started = time.monotonic()

  @property
  def spent(self):
    return time.monotonic() - self.started

  @property
  def left(self):
    return self.seconds - self.spent


def config_of(program, args, module, page_js, await_exit, survive):
  return {
    'program': program and {'js': program.js, 'kind': program.kind, 'exportName': program.export_name},
    'args': [str(arg) for arg in args],
    'module': json.dumps(module) if isinstance(module, dict) else module,
    'pageJs': page_js,
    'awaitExit': await_exit,
    'survive': survive,
  }


def config_script(config):
  """The configuration as a script: no eval, so pages under any script-src 'self' can have it."""
  data = {key: value for key, value in config.items() if key not in {'module', 'pageJs'}}
  lines = [f'globalThis.harnessConfig = {json.dumps(data)};']
  if config['module']:
    lines.append(f'harnessConfig.module = () => (\n{config["module"]}\n);')
  if config['pageJs']:
    lines.append(f'harnessConfig.pageJs = async (Module) => {{\n{config["pageJs"]}\n}};')
  return '\n'.join(lines) + '\n'


def with_scripts(html):
  """`html` with the harness's scripts first in its head and last in its body."""
  start = html.find('<head>') + len('<head>') if '<head>' in html else html.find('>') + 1
  end = html.rfind('</body>') if '</body>' in html else len(html)
  return html[:start] + FIRST_SCRIPTS + html[start:end] + LAST_SCRIPT + html[end:]


class Runner:
  """The server and the browsers of one pytest worker."""

  def __init__(self, temporary):
    self.temporary = temporary
    self.server = Server()
    self.browsers = {}

  def close(self):
    for browser in self.browsers.values():
      browser.kill()
    self.server.shutdown()
    self.server.server_close()

  def run(self, program, engine, args=(), module=None, page=DEFAULT_PAGE, page_js=None, files=None, timeout=30,
          expect_exit=None, await_exit=None, isolated=True, csp=None, rules=None, survive=False):
    """See README.md. Raises RunFailed for a hang, a crash, a page_js that throws or another exit code."""
    if await_exit is None:
      await_exit = page_js is None or expect_exit is not None
    config = config_of(program, args, module, page_js, await_exit, survive)
    result = Result(engine, program.command if program else '')
    if engine == 'node':
      self.run_node(result, program, config, Deadline(timeout))
    else:
      headers = {**(ISOLATION if isolated else {}), **({'Content-Security-Policy': csp} if csp else {})}
      files = {'index.html': with_scripts(page), '-/config.js': config_script(config), **(files or {})}
      files |= {f'-/{name}': (ASSETS / name).read_bytes() for name in ('drive.js', 'reporter.js', 'page.js')}
      self.run_browser(result, Page(program and program.dir, files, rules or {}, headers), timeout)
    if not result.failure and expect_exit is not None and result.exit_code != expect_exit:
      result.failure = f'exit code {result.exit_code}, not {expect_exit}'
    if result.failure:
      raise RunFailed(f'{engine}: {result.failure}', result)
    return result

  def run_browser(self, result, page, timeout):
    browser = self.browsers.setdefault(result.engine, Browser(result.engine, self.server, self.temporary))
    page.send_input = browser.send_input
    self.server.open_page(page)
    result.command = f'{self.server.origin}{page.url}\n{result.command}'.strip()
    try:
      browser.open(page)
      deadline = Deadline(timeout)
      failure = browser.wait_end(page, deadline)
      result.duration = deadline.spent
      result.engine_output = browser.output()
      if failure:
        browser.kill()
    finally:
      self.server.close_page(page)
    with page.lock:
      result.add_all(page.events)
    result.uploads |= page.uploads
    result.requests += page.requests
    result.failure = failure or result.failure

  def run_node(self, result, program, config, deadline):
    folder = Path(tempfile.mkdtemp(prefix='node-', dir=self.temporary))
    try:
      # `node program.js` runs a script; a factory has to be called.
      driven = not program or program.kind != 'script' or config['module'] or config['pageJs']
      command = ['node', str(program.path) if program else '-', *config['args']]
      if driven:
        events_file = folder / 'events.json'
        file = folder / 'config.json'
        if program:
          config['program']['js'] = str(program.path)
        file.write_text(json.dumps({**config, 'eventsFile': str(events_file)}))
        command[1:1] = [str(ASSETS / 'driver.cjs'), str(file)]
      result.command = f'{shlex.join(command)}\n{result.command}'.strip()
      kept = Kept(command, folder)
      code = kept.wait(deadline.seconds)
      kept.kill()
      result.duration = deadline.spent
      result.stdout = kept.out.read_text(errors='replace').splitlines()
      result.stderr = kept.err.read_text(errors='replace').splitlines()
      events = json.loads(events_file.read_text()) if driven and events_file.exists() else []
      result.add_all(events)
      if code is None:
        result.failure = f'no end within {deadline.seconds} s'
      elif not driven:
        result.exit_code = code
      elif not result.failure and not any(event['type'] == 'end' for event in events):
        result.failure = f'node ended with {code} before page_js did'
    finally:
      shutil.rmtree(folder, ignore_errors=True)
