# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# CMake, autotools and Meson projects, which know nothing of the fork, built with the launchers of this folder and
# flags alone. Projects in build_systems/.

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from harness.build import compiler

PROJECTS = Path(__file__).parent / 'build_systems'
LAUNCHERS = Path(compiler()).parent
FLAG = '-sDEPUTY_THREAD'


@pytest.fixture
def project(tmp_path, request):
  """The project that the test is named after, with its one source, in a folder of its own."""
  folder = tmp_path / 'project' / request.node.name.removeprefix('test_')
  shutil.copytree(PROJECTS / folder.name, folder)
  shutil.copy(PROJECTS / 'main.cpp', folder)
  shutil.copy(PROJECTS / 'main.cpp', folder.parent)
  return folder


def call(folder, *command, **variables):
  env = {**os.environ, 'PATH': f'{LAUNCHERS}:{os.environ["PATH"]}', **variables}
  done = subprocess.run([*map(str, command)], cwd=folder, env=env, capture_output=True, text=True, timeout=600,
                        check=False)
  assert done.returncode == 0, f'{command}\n{done.stdout}{done.stderr}'
  return done.stdout


def test_cmake(project):
  call(project, 'emcmake', 'cmake', '-B', 'build', f'-DCMAKE_CXX_FLAGS={FLAG}')
  call(project, 'cmake', '--build', 'build')
  assert call(project / 'build', 'node', 'answer.js') == 'answer 42\n'


def test_autotools(project):
  call(project, 'autoreconf', '-i')
  call(project, 'emconfigure', './configure', f'CXXFLAGS={FLAG}', f'LDFLAGS={FLAG}')
  call(project, 'emmake', 'make')
  assert call(project, 'node', 'answer') == 'answer 42\n'


def test_meson(project):
  call(project, 'meson', 'setup', 'build', '--cross-file', 'cross.ini')
  call(project, 'meson', 'compile', '-C', 'build')
  assert call(project / 'build', 'node', 'answer.js') == 'answer 42\n'
