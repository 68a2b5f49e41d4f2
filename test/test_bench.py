# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# The benchmarks still build, run and give figures: one of them, quickly, in Node.js.

import json
import subprocess
import sys

import pytest
from harness.build import REPO


@pytest.mark.xdist_group('mode_off')  # whose libraries of the base it needs
def test_quick_run(tmp_path):
  subprocess.run([sys.executable, REPO / 'tools' / 'fork.py', 'assemble', '--stock'], check=True)
  done = subprocess.run([sys.executable, REPO / 'bench' / 'run.py', '--quick', '--only', 'create_join',
                         '--engine', 'node', '--out', tmp_path], capture_output=True, text=True, timeout=300, check=False)
  assert done.returncode == 0, done.stdout + done.stderr
  assert 'create_join' in done.stdout
  results = json.loads((tmp_path / 'results.json').read_text(encoding='utf-8'))
  assert results
  assert '<svg' in (tmp_path / 'report.html').read_text(encoding='utf-8')
