# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# The HTTP server of one pytest worker. It hands tests to the browsers' tab pages (/tab, /next), serves
# each test's files under a prefix of its own (/t/<n>/) with the answers the test asks for, and takes
# what the page reports (/t/<n>/-/...). run.py opens the pages; assets/reporter.js is the other end.

import http.server
import json
import mimetypes
import queue
import re
import socket
import sys
import threading
import urllib.parse
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ASSETS = Path(__file__).parent / 'assets'
ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}
MIME = mimetypes.MimeTypes()
# The system's mime.types may lack or contradict these; browsers insist on them.
for kind, suffix in (('text/javascript', '.js'), ('text/javascript', '.mjs'), ('application/wasm', '.wasm')):
  MIME.add_type(kind, suffix)
POLL_SECONDS = 20  # how long /next is held before the tab page asks again


@dataclass(frozen=True)
class Answer:
  """How the server answers one path of a test; the defaults change nothing.

  skip and times pick requests: the first `skip` are answered normally, then `times` (None: all) by
  this rule. dest restricts it to a Sec-Fetch-Dest ('worker', 'script', 'empty' for fetch), which is
  how the page's own load of program.js is told from a worker's.
  """

  status: int = 200
  delay: float = 0              # seconds before the answer
  hang: bool = False            # never answer
  truncate: int | None = None   # promise the whole body, send this many bytes, close
  headers: dict = field(default_factory=dict)  # name -> value, or None to leave a default one out
  dest: str | None = None
  skip: int = 0
  times: int | None = None


@dataclass
class Page:
  """One test's page: what is served to it and what came back."""

  root: Path | None
  files: dict                   # name -> text or bytes, served besides root's
  rules: dict                   # name -> Answer
  headers: dict
  send_input: Callable | None = None
  number: int = 0
  opened: threading.Event = field(default_factory=threading.Event)
  ended: threading.Event = field(default_factory=threading.Event)
  closed: threading.Event = field(default_factory=threading.Event)
  events: list = field(default_factory=list)
  uploads: dict = field(default_factory=dict)
  requests: list = field(default_factory=list)
  matched: Counter = field(default_factory=Counter)  # requests a rule's dest fits, by name
  lock: threading.Lock = field(default_factory=threading.Lock)

  @property
  def url(self):
    return f'/t/{self.number}/'

  def rule(self, name, dest):
    rule = self.rules.get(name, Answer())
    if rule.dest not in {None, dest}:
      return Answer()
    with self.lock:
      past = self.matched[name]
      self.matched[name] += 1
    taken = past >= rule.skip and (rule.times is None or past < rule.skip + rule.times)
    return rule if taken else Answer()

  def read(self, name):
    if name in self.files:
      content = self.files[name]
      return content.encode() if isinstance(content, str) else content
    path = (self.root / name).resolve() if self.root else None
    if path and path.is_relative_to(self.root.resolve()) and path.is_file():
      return path.read_bytes()
    return None

  def take(self, events):
    with self.lock:
      self.events += events
    if any(event['type'] == 'end' for event in events):
      self.ended.set()


class Server(http.server.ThreadingHTTPServer):
  daemon_threads = True
  request_queue_size = 128  # sixteen workers fetching at once overflow socketserver's 5

  def __init__(self):
    super().__init__(('127.0.0.1', 0), Handler)
    self.origin = f'http://127.0.0.1:{self.server_port}'
    self.pages = {}
    self.tabs = {}
    self.last_number = 0
    threading.Thread(target=self.serve_forever, name='harness-server', daemon=True).start()

  def open_tab(self, name):
    """The URL a browser starts on; pages sent to `name` open there."""
    self.tabs[name] = queue.Queue()
    return f'{self.origin}/tab/{name}'

  def close_tab(self, name):
    self.tabs.pop(name, None)

  def open_page(self, page):
    self.last_number += 1
    page.number = self.last_number
    self.pages[page.number] = page

  def send_page(self, page, tab):
    self.tabs[tab].put(page.url)

  def close_page(self, page):
    page.closed.set()
    self.pages.pop(page.number, None)

  def handle_error(self, request, client_address):
    """A browser that is killed or navigates away drops connections: no news. Anything else is."""
    if not isinstance(sys.exc_info()[1], ConnectionError):
      super().handle_error(request, client_address)


class Handler(http.server.BaseHTTPRequestHandler):
  protocol_version = 'HTTP/1.1'
  disable_nagle_algorithm = True
  wbufsize = -1  # one write an answer: head and body apart meet delayed ACKs, 40 ms each
  server_version = 'deputy-harness'

  def log_message(self, *args):
    pass

  def do_GET(self):
    path = self.path.split('?')[0]
    if path.startswith('/tab/'):
      return self.answer(200, (ASSETS / 'tab.html').read_bytes(), 'tab.html', ISOLATION)
    if path.startswith('/next/'):
      return self.next_page(path.removeprefix('/next/'))
    page, name = self.find_page(path)
    if page:
      return self.serve_page_file(page, name)
    self.answer(404, b'no such page', 'text')

  def do_POST(self):
    body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
    page, name = self.find_page(self.path.split('?')[0])
    if not page:
      return self.answer(410, b'the test is over', 'text')
    if name == '-/events':
      page.take(json.loads(body))
    elif name == '-/input':
      try:
        page.send_input(json.loads(body))
      except (OSError, ValueError) as error:
        return self.answer(500, str(error).encode(), 'text')
    elif name.startswith('-/upload/'):
      page.uploads[urllib.parse.unquote(name.removeprefix('-/upload/'))] = body
    else:
      return self.answer(404, b'', 'text')
    self.answer(204, b'', 'text')

  do_PUT = do_POST

  def find_page(self, path):
    match = re.fullmatch(r'/t/(\d+)/(.*)', path)
    return (self.server.pages.get(int(match[1])), match[2]) if match else (None, '')

  def next_page(self, tab):
    try:
      url = self.server.tabs[tab].get(timeout=POLL_SECONDS)
    except (KeyError, queue.Empty):
      return self.answer(204, b'', 'text')
    self.answer(200, url.encode(), 'text')

  def serve_page_file(self, page, name):
    name = name or 'index.html'
    dest = self.headers.get('Sec-Fetch-Dest', '')
    rule = page.rule(name, dest)
    body = page.read(name) if rule.status == 200 else b''
    status = rule.status if body is not None else 404
    changes = [text for text, on in (
      ('never answered', rule.hang), (f'after {rule.delay} s', rule.delay),
      (f'cut at {rule.truncate} bytes', rule.truncate is not None)) if on]
    page.requests.append(' '.join(['GET', name, f'[{dest}]', str(status), *changes]))
    if name == 'index.html':
      page.opened.set()
    if rule.hang or rule.delay:
      page.closed.wait(None if rule.hang else rule.delay)
    if rule.hang:
      self.close_connection = True
      return
    self.answer(status, body or b'', name, {**page.headers, **rule.headers}, rule.truncate)

  def answer(self, status, body, name, headers=(), truncate=None):
    html = name.endswith('.html')
    defaults = {
      'Content-Type': MIME.guess_type(name)[0] or ('text/plain' if name == 'text' else 'application/octet-stream'),
      'Content-Length': str(len(body)),
      'Cross-Origin-Resource-Policy': 'same-origin',
      # Scripts may be kept and revalidated as on a real site; a page must not come back from the
      # back-forward cache with its workers.
      'Cache-Control': 'no-store' if html else 'no-cache',
    }
    self.send_response(status)
    for key, value in {**defaults, **dict(headers)}.items():
      if value is not None:
        self.send_header(key, value)
    self.end_headers()
    self.wfile.write(body[:truncate])
    if truncate is not None:
      self.wfile.flush()
      self.connection.shutdown(socket.SHUT_WR)
      self.close_connection = True
