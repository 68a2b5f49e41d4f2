# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""The system libraries of -sDEPUTY_THREAD.

Imported by system_libs.py, which finds them as subclasses of its own.
"""

import os

from . import utils
from .settings import settings
from .system_libs import DebugLibrary, Library, MuslInternalLibrary

CXX_FLAGS = ['-std=c++20', '-fno-exceptions', '-fno-rtti']


class OfDeputy:
  """What only programs with a deputy are linked with."""

  def can_use(self):
    return super().can_use() and settings.DEPUTY_THREAD


class ObjectOfDeputy(OfDeputy):
  """A single object file."""

  force_object_files = True

  def get_ext(self):
    return '.o'


class crt1_deputy_main(ObjectOfDeputy, Library):
  """Takes the place of crt1_proxy_main: creates the deputy, runs main() on it."""

  name = 'crt1_deputy_main'
  src_dir = 'system/lib/deputy'
  src_files = ['deputy_main.cpp']
  cflags = ['-pthread', '-Oz', *CXX_FLAGS]


class crt_deputy_constructors(ObjectOfDeputy, Library):
  """Marks in the list of static constructors. The linker gets it before all else, from tools/deputy.py."""

  name = 'crt_deputy_constructors'
  src_dir = 'system/lib/deputy'
  src_files = ['constructors.c']
  cflags = ['-Oz', '-pthread']


class libdeputy(OfDeputy, DebugLibrary):
  """The rooms' runtime. It comes before libc, because its C files stand in for files of that."""

  name = 'libdeputy'
  src_dir = 'system/lib/deputy'
  src_files = [
    'file_lock.c',
    'futex_wait.c',
    'locks.c',
    'mutex.c',
    'proxying.c',
    'task_queue.c',
    'thread_life.c',
    'thread_name.c',
    'ui_wait.cpp',
    'wait_calls.cpp',
    'worker_pool.cpp',
  ]
  # What threads go through when they come, go and lock is fast, the rest is small.
  fast_files = ['mutex.c', 'thread_life.c', 'worker_pool.cpp']
  cflags = ['-pthread']

  def customize_build_cmd(self, cmd, filename):
    if os.path.basename(filename) not in self.fast_files:
      cmd = [*cmd, '-Oz']
    if filename.endswith('.cpp'):
      return cmd + CXX_FLAGS
    # Only C can include musl's internals, which stand in the way of libc++'s headers.
    return cmd + [f'-I{utils.path_from_root(folder)}' for folder in MuslInternalLibrary.includes]
