# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""The root launchers: they run build/sdk's tool, from anywhere, and assemble it when it is old."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from overlay import configure, launch

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def launchable(fork):
  """The fork with this repository's own launchers and tool, assembled."""
  for name in ('emcc', 'emcc.py'):
    shutil.copy(REPOSITORY / name, fork.layout.root)
  shutil.rmtree(fork.layout.root / 'tools/overlay')
  shutil.copytree(REPOSITORY / 'tools/overlay', fork.layout.root / 'tools/overlay',
                  ignore=shutil.ignore_patterns('__pycache__'))
  fork.layout.write_stamp('toolchain', {'wanted': {'place': str(fork.layout.prefix)}})
  fork.assemble()
  return fork


def run(program, folder):
  return subprocess.run([program, '--flag'], cwd=folder, capture_output=True, text=True, check=True)


@pytest.mark.parametrize('name', ['emcc', 'emcc.py'])
def test_runs_through_a_link_from_elsewhere(launchable, tmp_path, name):
  (tmp_path / name).symlink_to(launchable.layout.root / name)
  done = run(tmp_path / name, tmp_path)
  assert done.stdout == 'upstream\n'
  assert not done.stderr


def test_assembles_first_when_a_patch_is_newer(launchable, tmp_path):
  launchable.patch('0001-core-change-line.patch', 5, 'line 5', 'five')
  done = run(launchable.layout.root / 'emcc', tmp_path)
  assert done.stdout == 'upstream\n'
  assert 'older than our sources: assembled' in done.stderr
  assert 'five' in launchable.sdk('src/lines.txt').read_text()


def test_broken_patch_stops_it_with_the_reason(launchable, tmp_path):
  launchable.patch('0001-core-change-line.patch', 5, 'other', 'five')
  with pytest.raises(subprocess.CalledProcessError) as failed:
    run(launchable.layout.root / 'emcc', tmp_path)
  assert 'emcc.py: error: patches/0001-core-change-line.patch does not apply' in failed.value.stderr


def test_sets_up_first_when_there_is_no_sdk(fork, monkeypatch):
  calls = []
  monkeypatch.setattr(launch.setup, 'set_up', lambda *args: calls.append(args))
  launch.refresh(fork.layout)
  assert calls


def test_sets_up_when_the_checkout_was_moved(launchable, monkeypatch):
  calls = []
  monkeypatch.setattr(launch.setup, 'set_up', lambda *args: calls.append(args))
  launch.refresh(launchable.layout)
  assert not calls
  launchable.layout.write_stamp('toolchain', {'wanted': {'place': '/elsewhere/build/toolchain'}})
  launch.refresh(launchable.layout)
  assert calls


def test_no_traceback_of_a_launcher(launchable, tmp_path, monkeypatch):
  monkeypatch.setattr(launch, 'refresh', lambda _: (tmp_path / 'absent').read_text())
  with pytest.raises(SystemExit, match=r'^emcc\.py: error: .*absent.*\n  next: '):
    launch.launch(launchable.layout.root / 'emcc.py')


@pytest.mark.parametrize('script', ['emcc.py', 'tools/fork.py'])
def test_old_python_ends_with_what_to_do(script):
  pretend = ('import runpy, sys; sys.version_info = (3, 9, 2, "final", 0); sys.argv = sys.argv[1:]; '
             'sys.path.insert(0, sys.argv[0].rpartition("/")[0]); runpy.run_path(sys.argv[0])')
  done = subprocess.run([sys.executable, '-c', pretend, str(REPOSITORY / script)],
                        capture_output=True, text=True)
  name = os.path.basename(script)
  assert re.fullmatch(rf'{name}: error: this needs Python 3.10 .* is 3.9\n  next: .*\n', done.stderr)
  assert done.returncode == 1


@pytest.mark.parametrize('script', ['emcc.py', 'tools/fork.py', 'tools/overlay/__init__.py'])
def test_old_python_can_read_what_it_meets_first(script):
  ast.parse((REPOSITORY / script).read_text(), feature_version=(3, 7))


def test_two_runs_wait_for_each_other(launchable, tmp_path):
  launchable.patch('0001-core-change-line.patch', 5, 'line 5', 'five')
  command = [launchable.layout.root / 'emcc']
  runs = [subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) for _ in range(4)]
  assert [run.communicate()[0] for run in runs] == ['upstream\n'] * 4


def test_configuration_names_the_tree_and_its_cache(launchable):
  config = {}
  text = launchable.sdk('.emscripten').read_text()
  exec(text.partition('import sys')[0], config)
  assert config['CACHE'] == str(launchable.layout.cache('sdk'))
  assert os.path.basename(config['NODE_JS']) == 'node'
  assert (launchable.sdk('emscripten-revision.txt').read_text().strip()
          == configure.revision(launchable.layout.root))
