# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""The pin, upstream.json: which base, toolchain and shadowed files this fork stands on."""

import json
from dataclasses import dataclass

from .report import ForkError


@dataclass(frozen=True)
class Pin:
  """upstream.json, key by key."""

  version: str  # the base's version, and the commit of its tag
  commit: str
  archive: dict  # the base's archive: its name and sha256
  tree: str  # the git tree hash of what the archive and upstream's tag share (base.shared_tree)
  debian: dict  # suites to look in, the source package, what its archive leaves out of the tag
  toolchain: dict  # accepted major versions; packages taken with all they need, and alone
  overlay: dict  # the roots that ship, and what below them does not
  shadows: dict  # each upstream file that one of ours replaces: its git blob hash
  stand_ins: dict  # our files that are linked instead of upstream's: those, each with its git blob hash


def read(root):
  path = root / 'upstream.json'
  try:
    return Pin(**json.loads(path.read_text()))
  except OSError as error:
    raise ForkError(f'cannot read the pin: {error}', 'restore upstream.json from git') from None
  except (ValueError, TypeError) as error:
    raise ForkError(f'{path}: {error}',
                    'correct the file; tools/overlay/pin.py lists its keys') from None
