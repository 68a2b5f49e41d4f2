# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Set-up: everything from an empty checkout to an assembled SDK, skipping what is there."""

import shutil

from . import base, host, npm, toolchain, tree
from .report import say


def set_up(layout, pin, purpose='core', source=None, llvm=None, binaryen=None, offline=False):
  """Have all that `purpose` needs: 'core' (emcc), 'run', 'test' or 'all'."""
  llvm, binaryen = toolchain.supplied(layout, llvm, binaryen)
  own_toolchain = bool(llvm and binaryen)
  if not own_toolchain:
    host.check_machine()
  with layout.lock():
    host.check_room(layout.build, missing_parts(layout, own_toolchain))
    host.ensure_packages(purpose, offline, own_toolchain)
    host.check_node()
    layout.downloads.mkdir(exist_ok=True)
    base.ensure(layout, pin, source, offline)
    toolchain.ensure(layout, pin, llvm, binaryen, offline)
    npm.ensure(layout, purpose in {'test', 'all'}, offline)
    tree.assemble(layout, pin)
  say(f'ready: {layout.root / "emcc"} (LLVM {layout.read_stamp("toolchain")["llvm"]}, '
      f'node {shutil.which("node")})')


def missing_parts(layout, own_toolchain=False):
  """The parts, as in host.ROOM, that this run will have to make."""
  places = {'base': layout.base, 'toolchain': layout.prefix, 'npm': layout.node_modules, 'sdk': layout.sdk}
  if own_toolchain:
    del places['toolchain']
  return [part for part, place in places.items() if not (place.is_dir() and layout.read_stamp(part))]
