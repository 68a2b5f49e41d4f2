# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# What an engine, or a version of it, may lack.

import pytest


def need(run, engine, feature, expression):
  """Skips the test in an engine, or a version of it, that lacks the feature."""
  if not run(None, engine, page_js=f'try {{ return !!({expression}); }} catch {{ return false; }}').report:
    pytest.skip(f'this {engine} has no {feature}')
