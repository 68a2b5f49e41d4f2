# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Real input in Chromium: what a page dispatches by itself is no gesture of the user's. Just enough of a WebSocket
# (RFC 6455) to send commands of the DevTools protocol to the page and read its answers.

import base64
import json
import os
import socket
import urllib.parse
import urllib.request
from pathlib import Path

SECONDS = 10


def send_input(profile, events):
  """Sends `events`, (method, parameters) of the domain Input, to the only page of the browser with that profile."""
  port = int((Path(profile) / 'DevToolsActivePort').read_text().split()[0])
  opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
  with opener.open(f'http://127.0.0.1:{port}/json/list', timeout=SECONDS) as answer:
    page = next(target for target in json.load(answer) if target['type'] == 'page')
  path = urllib.parse.urlsplit(page['webSocketDebuggerUrl']).path
  with socket.create_connection(('127.0.0.1', port), SECONDS) as connection, connection.makefile('rb') as reader:
    open_socket(connection, reader, f'127.0.0.1:{port}', path)
    for number, (method, parameters) in enumerate(events, 1):
      send_text(connection, json.dumps({'id': number, 'method': f'Input.{method}', 'params': parameters}))
      while (message := json.loads(read_text(reader))).get('id') != number:
        pass
      if 'error' in message:
        raise ValueError(f'{method}: {message["error"]["message"]}')


def open_socket(connection, reader, host, path):
  key = base64.b64encode(os.urandom(16)).decode()
  connection.sendall((f'GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
                      f'Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n').encode())
  status = reader.readline().decode()
  if ' 101 ' not in status:
    raise OSError(f'DevTools answered {status.strip()}')
  while reader.readline().strip():
    pass


def send_text(connection, text):
  data = text.encode()
  if len(data) > 0xffff:
    raise ValueError(f'{len(data)} bytes are too much for a command')
  # A whole text, masked as a client's must be, with zeros: its bytes as they are.
  length = bytes([0x80 | len(data)]) if len(data) < 126 else b'\xfe' + len(data).to_bytes(2, 'big')
  connection.sendall(b'\x81' + length + bytes(4) + data)


def read_text(reader):
  head = reader.read(2)
  if len(head) < 2:
    raise OSError('DevTools closed the connection')
  length = head[1] & 0x7f
  if length > 125:
    length = int.from_bytes(reader.read(2 if length == 126 else 8), 'big')
  return reader.read(length)
