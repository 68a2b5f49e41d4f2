# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""The fork tool: how the overlay becomes an SDK. Entered from tools/fork.py and launch.py.

In the order set-up runs them:

  layout      where everything lives; every other module takes its paths from here
  pin         upstream.json: which base, toolchain and shadows we stand on
  report      errors that say what to do next, and progress lines
  command     running other programs; git is our one way to call git
  host        the host's own packages (git, npm, patchelf, browsers)
  apt         Debian's testing suites through a private apt state
  base        the pristine upstream tree
  toolchain   LLVM and Binaryen in a private prefix
  npm         upstream's node packages
  completion  the files Debian leaves out of the base
  overlay     which of our files ship, and which upstream file each may replace
  seams       what of upstream's our files replace, wrap or include
  patches     the series, its headers and its hunks
  tree        base + completion + overlay + patches = build/sdk, build/stock
  configure   the .emscripten each tree gets
  staleness   emcc calls this: which system libraries an edit made stale
  launch      the root launchers
  check, refresh, pack   the verbs of the same name
  drill       refresh --to: how the fork would stand on another upstream tree
"""

# Here, as every way in imports this first; an old Python has to be able to read this file.
import os
import sys

if sys.version_info < (3, 10):  # ruff: ignore[outdated-version-block]
  sys.exit('%s: error: this needs Python 3.10 or newer; %s is %d.%d\n  next: put a newer python3 first on PATH'
           % (os.path.basename(sys.argv[0]), sys.executable, *sys.version_info[:2]))
