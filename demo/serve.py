#!/usr/bin/env python3
# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
"""Serves the demo page with the two headers that shared memory needs (`make serve`).

A page may use SharedArrayBuffer, and so threads, only when it is cross-origin isolated: its own
answer must carry COOP and COEP, which most plain file servers do not send. `run.py` reuses this
server for its automatic run and adds its own paths by a subclass of `Handler`; `programs.py`
builds what stands under /programs/.
"""

import argparse
import http.server
import shutil
import sys
import urllib.parse
from pathlib import Path

import programs
import sample

DEMO = Path(__file__).resolve().parent

# The first prefix that fits names the folder a path is read from.
ROOTS = (('/programs/', programs.PROGRAMS), ('/', DEMO))

TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
}

ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
}


class Handler(http.server.BaseHTTPRequestHandler):
  """GET of the page's and the programs' files; every answer isolates the page."""

  protocol_version = 'HTTP/1.1'

  def do_GET(self):
    path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
    file = find_file(path)
    if file is None:
      self.send_text(404, f'{path}: no such file\n')
    else:
      self.send_file(file)

  def do_HEAD(self):
    self.do_GET()

  def send_file(self, file):
    self.send_headers(200, TYPES.get(file.suffix, 'application/octet-stream'), file.stat().st_size)
    if self.command != 'HEAD':
      with file.open('rb') as data:
        shutil.copyfileobj(data, self.wfile)

  def send_text(self, status, text):
    self.send_body(status, 'text/plain; charset=utf-8', text.encode())

  def send_body(self, status, mime, body):
    self.send_headers(status, mime, len(body))
    if self.command != 'HEAD':
      self.wfile.write(body)

  def send_headers(self, status, mime, size):
    self.send_response(status)
    self.send_header('Content-Type', mime)
    self.send_header('Content-Length', str(size))
    self.send_header('Cache-Control', 'no-store')
    if self.server.isolate:
      for name, value in ISOLATION.items():
        self.send_header(name, value)
    self.end_headers()

  def log_message(self, format, *args):
    """Says nothing: the terminal belongs to the one line with the address."""


class Server(http.server.ThreadingHTTPServer):
  """One thread a connection; `isolate` False leaves the headers out, to show the page's advice."""

  daemon_threads = True

  def __init__(self, port=0, handler=Handler, isolate=True):
    super().__init__(('127.0.0.1', port), handler)
    self.isolate = isolate

  @property
  def url(self):
    return f'http://localhost:{self.server_port}/'

  def handle_error(self, request, client_address):
    """A browser that closes a connection early is no error; anything else is."""
    if not isinstance(sys.exc_info()[1], ConnectionError):
      super().handle_error(request, client_address)


def find_file(path):
  """The file served at `path`, or None; never one outside the folders in ROOTS."""
  if path == '/input':
    return sample.SAMPLE if sample.SAMPLE.is_file() else None
  for prefix, root in ROOTS:
    if path.startswith(prefix):
      name = path.removeprefix(prefix) or 'index.html'
      file = (root / name).resolve()
      return file if file.is_relative_to(root) and file.is_file() else None
  return None


def port(text):
  """An argument: the number of a port."""
  number = int(text)
  if not 0 <= number <= 65535:
    raise argparse.ArgumentTypeError(f'{number} is no port: give one from 1 to 65535, or 0 for any free one')
  return number


def main():
  parser = argparse.ArgumentParser(description='Serve the demo page on this machine.')
  parser.add_argument('--port', type=port, default=8080, help='0 takes any free one (default: 8080)')
  parser.add_argument('--no-isolation', action='store_true',
                      help='leave COOP and COEP out, to see what the page says then')
  args = parser.parse_args()
  try:
    programs.build('xz')
    sample.build()
  except (programs.ForkError, OSError) as error:
    sys.exit(f'serve.py: error: {error}')
  try:
    server = Server(args.port, isolate=not args.no_isolation)
  except OSError as error:
    sys.exit(f'serve.py: error: cannot listen on port {args.port}: {error.strerror}. '
             'Choose another with --port, or --port 0 for any.')
  print(f'Emscripten Deputy demo: {server.url}  (stop with Ctrl+C)', flush=True)
  try:
    server.serve_forever()
  except KeyboardInterrupt:
    print()


if __name__ == '__main__':
  main()
