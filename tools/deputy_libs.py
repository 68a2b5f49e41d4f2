# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""The system libraries of -sDEPUTY_THREAD.

Imported by system_libs.py, which finds them as subclasses of its own.
"""

import os

from . import utils
from .settings import settings
from .system_libs import DebugLibrary, Library, MuslInternalLibrary, libmalloc

CXX_FLAGS = ['-std=c++20', '-fno-exceptions', '-fno-rtti']


class OfDeputy:
  """What only programs with a deputy are linked with."""

  def can_use(self):
    return super().can_use() and settings.DEPUTY_THREAD


class ObjectOfDeputy(OfDeputy):
  """A single object file, which is linked by its name alone."""

  force_object_files = True
  never_force = True

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


class crt_deputy_suspend(ObjectOfDeputy, Library):
  """What only assembly can say of JSPI, with UI_THREAD_WAIT=suspend. Linked by tools/deputy.py."""

  name = 'crt_deputy_suspend'
  src_dir = 'system/lib/deputy'
  src_files = ['try_suspend.S']
  cflags = ['-pthread', '-mexception-handling']

  def __init__(self, **kwargs):
    self.is_legacy = kwargs.pop('is_legacy')
    super().__init__(**kwargs)

  def get_cflags(self):
    return super().get_cflags() + (['-DLEGACY_EXCEPTIONS'] if self.is_legacy else [])

  def get_base_name(self):
    return super().get_base_name() + ('-legacyexcept' if self.is_legacy else '')

  @classmethod
  def vary_on(cls):
    return [*super().vary_on(), 'is_legacy']

  @classmethod
  def get_default_variation(cls, **kwargs):
    return super().get_default_variation(is_legacy=bool(settings.WASM_LEGACY_EXCEPTIONS), **kwargs)


class libemmalloc_deputy(OfDeputy, libmalloc):
  """Takes the place of libemmalloc, as it is chosen by -sMALLOC."""

  name = 'libemmalloc_deputy'
  cflags = ['-pthread']

  def can_use(self):
    return super().can_use() and self.malloc.startswith('emmalloc')

  def get_files(self):
    _, *rest = super().get_files()
    return [utils.path_from_root('system/lib/deputy/emmalloc.c'), *rest]

  def get_base_name_prefix(self):
    return super().get_base_name_prefix() + '-deputy'

  @classmethod
  def variations(cls):
    return [variation for variation in super().variations() if variation['malloc'].startswith('emmalloc')]


class libdeputy(OfDeputy, DebugLibrary):
  """The rooms' runtime. It comes before libc, because its C files stand in for files of that."""

  name = 'libdeputy'
  src_dir = 'system/lib/deputy'
  src_files = [
    'activation.c',
    'call.cpp',
    'event.c',
    'file_lock.c',
    'futex_wait.c',
    'load_script.c',
    'locks.c',
    'mailbox.c',
    'mutex.c',
    'output.c',
    'proxying.c',
    'socket_event.cpp',
    'task_queue.c',
    'thread_life.c',
    'thread_name.c',
    'ui_wait.cpp',
    'wait_calls.cpp',
    'worker_pool.cpp',
  ]
  # What threads go through when they come, go and lock is fast, the rest is small.
  fast_files = ['call.cpp', 'mailbox.c', 'mutex.c', 'proxying.c', 'task_queue.c', 'thread_life.c', 'worker_pool.cpp']
  cflags = ['-pthread']

  def customize_build_cmd(self, cmd, filename):
    if os.path.basename(filename) not in self.fast_files:
      cmd = [*cmd, '-Oz']
    if filename.endswith('.cpp'):
      return cmd + CXX_FLAGS
    # Only C can include musl's internals, which stand in the way of libc++'s headers.
    return cmd + [f'-I{utils.path_from_root(folder)}' for folder in MuslInternalLibrary.includes]


class libdeputy_websocket(OfDeputy, Library):
  """For programs with upstream's libwebsocket.js, which it imports. Linked by tools/deputy.py."""

  name = 'libdeputy_websocket'
  src_dir = 'system/lib/deputy'
  src_files = ['websocket_event.cpp']
  cflags = ['-pthread', '-Oz', *CXX_FLAGS]
  never_force = True
