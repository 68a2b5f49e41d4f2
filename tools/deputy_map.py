# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Names of a program's variables by address, from the map that wasm-ld writes (-Wl,-Map=FILE)."""

import re

# Address, offset in the file, size, and what lies there: indented by 0 a part of the output, by 8 one of an object,
# by 16 a symbol.
LINE = re.compile(r' *(?P<address>[0-9a-f]+) +[0-9a-f]+ +(?P<size>[0-9a-f]+) (?P<indent> *)(?P<name>.+)')
# What can be written, and so hold a lock.
WRITABLE = ('.data', '.bss')


def map_file(linker_args):
  """Return the file that the linker was asked to write its map to, or None."""
  for arg in linker_args:
    if match := re.fullmatch(r'--?Map=(.+)', arg):
      return match[1]
  return None


def variables(text):
  """Return [address, size, name] of each variable in the map."""
  found = []
  is_writable = False
  for line in text.splitlines():
    if not (match := LINE.fullmatch(line)):
      continue
    if not match['indent']:
      is_writable = match['name'].startswith(WRITABLE)
    elif is_writable and len(match['indent']) == 16:
      found.append([int(match['address'], 16), int(match['size'], 16), match['name']])
  return found
