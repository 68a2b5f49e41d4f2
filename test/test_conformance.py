# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Upstream's runner has our tests in its manner, and the tool that runs upstream's tests says what differs.

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SDK = HERE.parent / 'build/sdk'
sys.path.insert(0, str(HERE / 'conformance'))
import report
import run as conformance


@pytest.mark.parametrize('suite', ['deputy', 'browser_deputy'])
def test_upstream_runner(suite):
  done = subprocess.run([conformance.PYTHON, SDK / 'test/runner.py', suite], cwd=SDK, env=conformance.environment('off', 'chromium'),
                        capture_output=True, text=True, timeout=300)
  assert not done.returncode, done.stdout + done.stderr
  assert done.stderr.rstrip().endswith('OK') or '\nOK' in done.stderr


# ---- The tool's own logic ----------------------------------------------------


def entry(column, test, result):
  return {'column': column, 'engine': 'chromium', 'test': test, 'result': result, 'message': '', 'seconds': 1, 'stamp': '1', 'runs': 1}


def test_differences():
  entries = [
    entry('stock', 'core0.test_a', 'success'), entry('on', 'core0.test_a', 'failed'),
    # Fails on stock as well.
    entry('stock', 'core0.test_b', 'failed'), entry('on', 'core0.test_b', 'failed'),
    entry('stock', 'core0.test_c', 'flaky'), entry('on', 'core0.test_c', 'success'),
    # Passes there, and is not run with the flag.
    entry('stock', 'core0.test_d', 'success'), entry('on', 'core0.test_d', 'skipped'),
    # Not known of stock.
    entry('on', 'core0.test_e', 'hung'),
  ]
  assert [one['test'] for one in report.differences(entries)] == ['core0.test_a', 'core0.test_d', 'core0.test_e']


def test_list_is_read_again(tmp_path, monkeypatch):
  monkeypatch.setattr(report, 'LIST', tmp_path / 'conformance.csv')
  passed = [entry('stock', 'core0.test_a', 'success'), entry('on', 'core0.test_a', 'flaky'), entry('on', 'core0.test_b', 'skipped')]
  report.write_list([*passed, entry('off', 'core0.test_a', 'failed')], dict.fromkeys(['stock', 'off', 'on'], '1'))
  # What failed is to be run again: why is not in the list.
  assert list(report.read_list()) == [{**one, 'seconds': 0} for one in passed]


def test_verdicts_quote_our_documentation():
  assert report.read_verdicts()


def test_new_difference_fails(capsys):
  entries = [entry('stock', 'core0.test_no_such', 'success'), entry('on', 'core0.test_no_such', 'failed')]
  assert report.summarize(entries, ['stock', 'on']) == 1
  assert 'NEW DIFFERENCE on core0.test_no_such' in capsys.readouterr().out
