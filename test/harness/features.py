# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# What an engine, or a version of it, may lack; and what a noisy machine may add.

import pytest


def need(run, engine, feature, expression):
  """Skips the test in an engine, or a version of it, that lacks the feature."""
  if not run(None, engine, page_js=f'try {{ return !!({expression}); }} catch {{ return false; }}').report:
    pytest.skip(f'this {engine} has no {feature}')


def least(bound, measure, attempts=5):
  """The least that `measure()` returns in so many attempts, up to the first below `bound`.

  For times that whatever else the machine does can only lengthen: what takes too long takes too long each time.
  """
  figures = []
  while len(figures) < attempts and not (figures and figures[-1] < bound):
    figures.append(measure())
  return min(figures)
