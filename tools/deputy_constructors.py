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


def body(module, function):
  function = module.get_function(function)
  return module.read_at(function.offset, function.size)


def calls_in(code):
  """Return the calls in a body that does nothing but call: [(start, end, function)]."""
  found = []
  stream = io.BytesIO(code)
  for _ in range(webassembly.read_uleb(stream)):
    webassembly.read_uleb(stream)
    stream.read(1)
  while (start := stream.tell()) < len(code):
    opcode = stream.read(1)[0]
    if opcode == OpCode.CALL:
      function = webassembly.read_uleb(stream)
      found.append((start, stream.tell(), function))
    elif opcode == OpCode.I32_CONST:
      webassembly.read_sleb(stream)
  return found


def place_of(mark, module, calls):
  """Return which of the calls is of the function that begins with i32.const `mark`, or None."""
  text = bytes([OpCode.I32_CONST]) + webassembly.leb128.i.encode(mark)
  for place, (_, _, function) in enumerate(calls):
    if function >= module.num_imported_funcs() and body(module, function)[1:].startswith(text):
      return place
  return None


def part(wasm):
  """Rewrite __wasm_call_ctors in the file `wasm`."""
  with webassembly.Module(wasm) as module:
    target = next(e.index for e in module.get_exports() if e.name == '__wasm_call_ctors')
    offset = module.get_function(target).offset
    code = bytearray(body(module, target))
    calls = calls_in(code)
    places = [place_of(mark, module, calls) for mark in MARKS]
    if places[:2] != [0, 1] or places[2] is None:
      exit_with_error('DEPUTY_THREAD: the static constructors of the runtime are not where they should be. Does an '
                      'object have a constructor of priority 0?')
    test = calls_in(body(module, calls[1][2]))[0][2]

  def put(start, end, text):
    if len(text) > end - start:
      exit_with_error('DEPUTY_THREAD: no room in __wasm_call_ctors')
    code[start:end] = bytes([NOP] * (end - start - len(text))) + text

  put(calls[0][0], calls[1][1], bytes([OpCode.CALL]) + to_leb(test) + bytes([IF, VOID]))
  put(*calls[places[2]][:2], bytes([OpCode.RETURN, OpCode.END]))
  with open(wasm, 'r+b') as f:
    f.seek(offset)
    f.write(code)
