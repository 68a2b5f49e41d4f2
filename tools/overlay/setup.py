# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Set-up: everything from an empty checkout to an assembled SDK, skipping what is there."""

import shutil

from . import base, host, npm, toolchain, tree
from .report import say


def set_up(layout, pin, purpose='core', source=None, llvm=None, binaryen=None, offline=False):
  """Have all that `purpose` needs: 'core' (emcc), 'run', 'test' or 'all'."""
  if not (llvm and binaryen):
    host.check_machine()
  with layout.lock():
    if not layout.read_stamp('sdk'):
      host.check_room(layout.build)
    host.ensure_packages(purpose, offline)
    host.check_node()
    layout.downloads.mkdir(exist_ok=True)
    base.ensure(layout, pin, source, offline)
    toolchain.ensure(layout, pin, llvm, binaryen, offline)
    npm.ensure(layout, purpose in {'test', 'all'}, offline)
    tree.assemble(layout, pin)
  say(f'ready: {layout.root / "emcc"} (LLVM {layout.read_stamp("toolchain")["llvm"]}, '
      f'node {shutil.which("node")})')
