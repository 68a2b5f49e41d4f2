# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Upstream's runner has our tests in its manner, and the tool that runs upstream's tests says what differs.

import re
import shutil
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
  # It says `OK (skipped=7)` of tests that it did not run, and `OK` of none.
  assert re.search(r'^Ran [1-9]\d* tests? in ', done.stderr, re.MULTILINE), done.stderr
  assert re.search(r'^OK$', done.stderr, re.MULTILINE), done.stderr


# ---- The tool's own logic ----------------------------------------------------


def entry(column, test, result):
  return {'column': column, 'engine': 'chromium', 'test': test, 'result': result, 'message': '', 'seconds': 1, 'stamp': '1', 'runs': 1}


def test_second_run_is_refused(tmp_path, monkeypatch):
  monkeypatch.setattr(conformance, 'ROOT', tmp_path)
  monkeypatch.setattr(conformance, 'LOCK', tmp_path / 'build/conformance/lock')
  monkeypatch.setattr(conformance, 'carry_out', lambda _args: 'done')
  monkeypatch.setattr(sys, 'argv', ['run.py'])
  with conformance.held(conformance.LOCK, conformance.refuse):
    with pytest.raises(SystemExit, match=r'run.py: error: another run is under way in this folder \(build/conformance/lock\)'):
      conformance.main()
    monkeypatch.setattr(sys, 'argv', ['run.py', '--report'])
    assert conformance.main() == 'done'
  monkeypatch.setattr(sys, 'argv', ['run.py'])
  assert conformance.main() == 'done'


def test_no_jobs_are_refused(monkeypatch, capsys):
  monkeypatch.setattr(sys, 'argv', ['run.py', '--jobs', '0'])
  with pytest.raises(SystemExit):
    conformance.main()
  assert 'run.py: error: argument --jobs: 0 is too few' in capsys.readouterr().err


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
  assert report.table(entries, ['stock', 'on'])[-1] == (
    '| core0 | 3 passed, 1 failed, 0 skipped | 1 passed, 1 failed (nor pass on stock), 3 different, 0 skipped |')


def test_list_is_read_again(tmp_path, monkeypatch):
  verdict = {'verdict': 'meaning', 'cause': '', 'docs': '', 'sentence': '', 'says': 'no window', 'tests': ['core0.*']}
  monkeypatch.setattr(report, 'LIST', tmp_path / 'conformance.csv')
  monkeypatch.setattr(report, 'read_verdicts', lambda: [verdict])
  explained = entry('on', 'core0.test_c', 'failed') | {'message': 'there is no window, it said'}
  known = [entry('off', 'core0.test_a', 'failed'), entry('on', 'core0.test_a', 'flaky'), entry('on', 'core0.test_b', 'skipped'),
           entry('stock', 'core0.test_a', 'failed'), entry('stock', 'core0.test_c', 'success'), explained]
  unknown = entry('off', 'core0.test_c', 'failed')
  report.write_list([*known, unknown], dict.fromkeys(['stock', 'off', 'on'], '1'))
  # Why the last one failed is not in the list.
  explained['message'] = 'no window'
  read = sorted(report.read_list(), key=lambda entry: (entry['column'], entry['test']))
  assert read == [{**one, 'seconds': 0, 'runs': 2} for one in sorted(known, key=lambda entry: (entry['column'], entry['test']))]


def test_page_links_to_documentation(tmp_path, monkeypatch):
  verdict = {'verdict': 'meaning', 'cause': 'So.', 'docs': 'CONTRIBUTING.md', 'sentence': 'as it says', 'tests': ['core0.*']}
  for name, value in {'ROOT': tmp_path, 'PAGE': tmp_path / 'docs/page.md', 'LIST': tmp_path / 'list.csv', 'read_verdicts': lambda: [verdict]}.items():
    monkeypatch.setattr(report, name, value)
  report.PAGE.parent.mkdir()
  shutil.copy(HERE.parent / 'upstream.json', tmp_path)
  entries = [entry('stock', 'core0.test_a', 'success'), entry('on', 'core0.test_a', 'failed')]
  assert report.write(['core0.test_a'], entries, {'stock': '1', 'on': '1'}) == 0
  assert 'So. [CONTRIBUTING.md](../CONTRIBUTING.md): "as it says"' in report.PAGE.read_text()


def test_verdicts_quote_our_documentation():
  assert report.read_verdicts()


def test_new_difference_fails(capsys):
  entries = [entry('stock', 'core0.test_no_such', 'success'), entry('on', 'core0.test_no_such', 'failed')]
  assert report.summarize(entries, ['stock', 'on']) == 1
  assert 'NEW DIFFERENCE on core0.test_no_such' in capsys.readouterr().out
