# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Makes the text of a floor: JavaScript of page/ that is given the WebAssembly of the deputy's program, and what it
# imports, so that it can be instantiated without the program's own JavaScript. programs.py calls it.

import base64
import json

KINDS = ('Function', 'Table', 'Memory', 'Global')  # as WebAssembly's constructors are called
TYPES = {0x7f: 'i32', 0x7e: 'i64', 0x7d: 'f32', 0x7c: 'f64', 0x70: 'anyfunc', 0x6f: 'externref'}
MAGIC = b'\0asm\1\0\0\0'
IMPORT_SECTION = 2


class Reader:
  """Reads a WebAssembly module from front to back."""

  def __init__(self, data):
    self.data = data
    self.at = 0

  def take(self, count):
    self.at += count
    return self.data[self.at - count:self.at]

  def number(self):
    value = shift = 0
    while True:
      byte = self.take(1)[0]
      value |= (byte & 0x7f) << shift
      shift += 7
      if byte < 0x80:
        return value

  def name(self):
    return self.take(self.number()).decode()

  def limits(self):
    flags = self.number()
    limits = {'initial': self.number()}
    if flags & 1:
      limits['maximum'] = self.number()
    if flags & 2:
      limits['shared'] = True
    return limits

  def type(self, kind):
    """What the constructor of the kind takes."""
    if kind == 'Function':
      self.number()
      return None
    if kind == 'Memory':
      return self.limits()
    value = TYPES[self.number()]
    return {'element': value, **self.limits()} if kind == 'Table' else {'value': value, 'mutable': self.number() == 1}


def imports(wasm):
  """What the module `wasm` imports: module, name, kind and type of each."""
  reader = Reader(wasm)
  if reader.take(len(MAGIC)) != MAGIC:
    raise ValueError('no WebAssembly module')
  while reader.at < len(wasm):
    section, size = reader.number(), reader.number()
    if section != IMPORT_SECTION:
      reader.take(size)
      continue
    found = []
    for _ in range(reader.number()):
      entry = {'module': reader.name(), 'name': reader.name()}
      number = reader.number()
      if number >= len(KINDS):
        raise ValueError(f'no stub for {entry["module"]}.{entry["name"]}, an import of kind {number}')
      found.append({**entry, 'kind': KINDS[number], 'type': reader.type(KINDS[number])})
    return found
  return []


def text(script, wasm):
  """The JavaScript `script`, with `program` before it: { wasm, imports }."""
  program = {'wasm': base64.b64encode(wasm).decode(), 'imports': imports(wasm)}
  return f'const program = {json.dumps(program)};\n{script}'
