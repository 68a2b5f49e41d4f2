# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# What a run of a test program gave: the events that assets/reporter.js and driver.cjs record, sorted into a
# Result, and the text a failing test shows. run.py makes the Results.

import base64
from dataclasses import dataclass, field
from pathlib import Path

LAST_LINES = 100  # of each part of a description


@dataclass
class Result:
  engine: str
  command: str = ''            # what was run; in a browser the URL and the compile command
  duration: float = 0          # seconds, from the request of the page or the start of Node
  exit_code: int | None = None
  aborted: str | None = None   # onAbort's text, in a program without Module.deputy
  started: object = None       # Module.deputy.started: 'resolved' or {'rejected': message}
  rejection: dict | None = None  # name, message, stack: of Module.deputy.exited or of the factory
  report: object = None        # the last value page_js returned or gave to report()
  ui_gaps: dict | None = None  # max, p99 (ms) and count of the gaps between ticks due every 4 ms
  stdout: list = field(default_factory=list)      # lines
  stderr: list = field(default_factory=list)
  console: list = field(default_factory=list)     # {level, text}, the page's own thread
  errors: list = field(default_factory=list)      # {message, stack}: uncaught, or a load that failed
  rejections: list = field(default_factory=list)  # {name, message, stack}: unhandled ones
  csp: list = field(default_factory=list)         # {directive, blocked}
  reports: list = field(default_factory=list)     # every value given to report()
  uploads: dict = field(default_factory=dict)     # name -> bytes
  events: list = field(default_factory=list)      # all of the above, in order, with `at` in ms
  requests: list = field(default_factory=list)    # lines, the server's log of the page
  engine_output: str = ''      # the tail of the browser's own stderr and stdout
  failure: str | None = None   # why the run did not end by itself, or the test's own script failed

  def add(self, event):
    kind = event['type']
    lists = {'console': self.console, 'error': self.errors, 'unhandled': self.rejections, 'csp': self.csp}
    if kind in lists:
      lists[kind].append({key: value for key, value in event.items() if key not in {'type', 'sequence', 'at'}})
    elif kind in {'stdout', 'stderr'}:
      getattr(self, kind).extend(event['text'].split('\n'))
    elif kind == 'exit':
      self.exit_code = event['code']
    elif kind == 'aborted':
      self.aborted = event['message']
    elif kind == 'rejection':
      self.rejection = {key: event[key] for key in ('name', 'message', 'stack')}
    elif kind == 'started':
      self.started = event['outcome']
    elif kind == 'report':
      self.report = event['value']
      self.reports.append(event['value'])
    elif kind == 'ui_gaps':
      self.ui_gaps = {key: event[key] for key in ('max', 'p99', 'count')}
    elif kind == 'upload':
      self.uploads[event['name']] = base64.b64decode(event['base64'])
    elif kind == 'page_js':
      self.failure = f'page_js threw {event["name"]}: {event["message"]}\n{event["stack"]}'

  def add_all(self, events):
    self.events = sorted(events, key=lambda event: event['sequence'])
    for event in self.events:
      self.add(event)

  def check_out(self, path):
    """The program's stdout is the text of `path`, but for white space at the end."""
    expected = Path(path).read_text(encoding='utf-8').rstrip().split('\n')
    actual = '\n'.join(self.stdout).rstrip().split('\n')
    assert actual == expected, f'stdout differs from {path}'

  def describe(self):
    """All that is known of the run, for a person."""
    ends = [f'{name} {value!r}' for name, value in (
      ('exit code', self.exit_code), ('aborted', self.aborted), ('started', self.started),
      ('rejection', self.rejection), ('report', self.report), ('ui gaps', self.ui_gaps)) if value is not None]
    parts = [f'{self.engine}, {self.duration:.2f} s: {self.failure or "ended"}', self.command, *ends]
    sections = {
      'stdout': self.stdout,
      'stderr': self.stderr,
      'console': [f'{entry["level"]}: {entry["text"]}' for entry in self.console],
      'errors': [f'{entry["message"]}\n{entry["stack"]}' for entry in self.errors],
      'unhandled rejections': [f'{entry["name"]}: {entry["message"]}\n{entry["stack"]}' for entry in self.rejections],
      'CSP violations': [f'{entry["directive"]} blocked {entry["blocked"]}' for entry in self.csp],
      'requests': self.requests,
      f'{self.engine} itself': self.engine_output.splitlines(),
    }
    for title, lines in sections.items():
      lines = [f'  {line}' for text in lines for line in str(text).rstrip().split('\n')]
      if lines:
        parts += [f'{title}:', *(['  ...'] if len(lines) > LAST_LINES else []), *lines[-LAST_LINES:]]
    return '\n'.join(parts)


class RunFailed(AssertionError):
  """A run that hung, crashed, whose page_js threw or whose exit code is another; has its result."""

  def __init__(self, message, result):
    super().__init__(message)
    self.result = result
