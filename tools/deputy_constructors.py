# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Parts the static constructors of a linked module in two.

system/lib/deputy/constructors.c has what is done, and why. The module keeps its
size, so that debug information stays true. It runs right after wasm-ld.
"""

import io

from . import webassembly
from .utils import exit_with_error
from .webassembly import OpCode, to_leb

# In constructors.c.
MARKS = [1684368500, 1684368501, 1684368502]

NOP, IF, VOID = 0x01, 0x04, 0x40


class Calls:
  """The calls in a function that does nothing but call: [(start, end, function)]."""

  def __init__(self, code):
    self.found = []
    stream = io.BytesIO(code)
    for _ in range(webassembly.read_uleb(stream)):
      webassembly.read_uleb(stream)
      stream.read(1)
    while (start := stream.tell()) < len(code):
      opcode = stream.read(1)[0]
      if opcode == OpCode.CALL:
        function = webassembly.read_uleb(stream)
        self.found.append((start, stream.tell(), function))
      elif opcode == OpCode.I32_CONST:
        webassembly.read_sleb(stream)


def marked(module, mark):
  """Whether a function's body begins with `mark`: i32.const mark, drop."""
  text = bytes([OpCode.I32_CONST]) + webassembly.leb128.i.encode(mark)

  def is_marked(function):
    if function < module.num_imported_funcs():
      return False
    return body(module, function)[1:1 + len(text)] == text
  return is_marked


def body(module, function):
  function = module.get_function(function)
  return module.read_at(function.offset, function.size)


def part(wasm):
  """Rewrite __wasm_call_ctors in the file `wasm`."""
  with webassembly.Module(wasm) as module:
    target = next(e.index for e in module.get_exports() if e.name == '__wasm_call_ctors')
    offset = module.get_function(target).offset
    code = bytearray(body(module, target))
    calls = Calls(code).found
    places = [next((i for i, call in enumerate(calls) if marked(module, mark)(call[2])), None) for mark in MARKS]
    if places[:2] != [0, 1] or places[2] is None:
      exit_with_error('DEPUTY_THREAD: the static constructors of the runtime are not where they should be. Does an '
                      'object have a constructor of priority 0?')
    test = Calls(body(module, calls[1][2])).found[0][2]

  def put(start, end, text):
    if len(text) > end - start:
      exit_with_error('DEPUTY_THREAD: no room in __wasm_call_ctors')
    code[start:end] = bytes([NOP] * (end - start - len(text))) + text

  put(calls[0][0], calls[1][1], bytes([OpCode.CALL]) + to_leb(test) + bytes([IF, VOID]))
  put(*calls[places[2]][:2], bytes([OpCode.RETURN, OpCode.END]))
  with open(wasm, 'r+b') as f:
    f.seek(offset)
    f.write(code)
