# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# What an engine, or a version of it, may lack; and what a noisy machine may add.

import time

import pytest

# A module with a try_table.
EXNREF = ('WebAssembly.validate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, '
          '10, 8, 1, 6, 0, 31, 64, 0, 11, 11]))')

# The ways to have C++ exceptions: flags. Each at one level, as each way and level has a libc++ of its own.
EXCEPTIONS = {
  'emscripten': ['-O0', '-fexceptions'],
  'wasm legacy': ['-O2', '-fwasm-exceptions', '-sWASM_LEGACY_EXCEPTIONS'],
  'wasm': ['-O2', '-fwasm-exceptions', '-sWASM_LEGACY_EXCEPTIONS=0'],
}


def need(run, engine, feature, expression):
  """Skips the test in an engine, or a version of it, that lacks the feature."""
  if not run(None, engine, page_js=f'try {{ return !!({expression}); }} catch {{ return false; }}').report:
    pytest.skip(f'this {engine} has no {feature}')


def least(bound, measure, attempts=5, seconds=30):
  """The least that `measure()` returns in so many attempts, or so many seconds of them, up to the first below `bound`.

  For times that whatever else the machine does can only lengthen: what takes too long takes too long each time.
  """
  figures = []
  end = time.monotonic() + seconds
  while not figures or (figures[-1] >= bound and (len(figures) < attempts or time.monotonic() < end)):
    figures.append(measure())
  return min(figures)
