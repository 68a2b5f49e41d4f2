# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""The root launchers: emcc.py and its like run the tool of the same name in build/sdk.

They set up, or assemble, when build/sdk is missing or older than our sources.
"""

import os
import subprocess
import sys
from pathlib import Path

from . import configure, host, setup, tree
from . import pin as pins
from .layout import Layout
from .report import ForkError, say


def launch(script):
  """Become build/sdk's tool of the same name as `script`, a launcher at the repository's root."""
  script = Path(script).resolve()
  layout = Layout(script.parent)
  try:
    refresh(layout)
  except (ForkError, OSError, subprocess.CalledProcessError) as error:
    sys.exit(f'{script.name}: error: {host.explain(error, layout.root)}')
  tool = str(layout.sdk / script.name)
  os.execv(sys.executable, [sys.executable, '-E', tool, *sys.argv[1:]])


def refresh(layout):
  pin = pins.read(layout.root)
  if not layout.read_stamp('sdk'):
    say('the fork is not set up yet: running tools/fork.py setup')
    setup.set_up(layout, pin)
  elif layout.read_stamp('toolchain').get('wanted', {}).get('place') != str(layout.prefix):
    say('the toolchain was made in another place, or not to its end: running tools/fork.py setup')
    setup.set_up(layout, pin)
  elif not tree.is_current(layout, pin):
    with layout.lock():
      if tree.assemble(layout, pin):
        say('build/sdk was older than our sources: assembled')
  elif {'--version', '-v'} & set(sys.argv):
    configure.write_revision(layout)
