#!/usr/bin/env python3
# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Runs build/sdk/emranlib.py, which it brings up to date first (tools/overlay/launch.py)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / 'tools'))

from overlay.launch import launch

if __name__ == '__main__':
  launch(__file__)
