# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Errors and progress of the fork tool.

Every failure a user can meet is a ForkError: what happened and where, and what to do next.
Progress goes to stderr, so that a launcher's stdout stays the tool's own.
"""

import contextlib
import sys
import time


class ForkError(Exception):
  """A failure to show without a traceback.

  `problem` says what happened and where, `remedy` what to do next.
  """

  def __init__(self, problem, remedy):
    super().__init__(f'{problem}\n  next: {remedy}')


def say(text):
  print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(what):
  """Announce work that takes a while, then how long it took."""
  say(f'{what} ...')
  start = time.monotonic()
  try:
    yield
  except BaseException:
    say('  failed')
    raise
  say(f'  done in {time.monotonic() - start:.1f} s')


def megabytes(size):
  return f'{size / 1e6:.1f} MB'
