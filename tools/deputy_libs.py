# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""The system libraries of -sDEPUTY_THREAD.

Imported by system_libs.py, which finds them as subclasses of its own.
"""

from .settings import settings
from .system_libs import Library


class crt1_deputy_main(Library):
  """Takes the place of crt1_proxy_main: creates the deputy, runs main() on it."""

  name = 'crt1_deputy_main'
  src_dir = 'system/lib/deputy'
  src_files = ['deputy_main.cpp']
  cflags = ['-pthread', '-std=c++20', '-fno-exceptions', '-fno-rtti']

  force_object_files = True

  def get_ext(self):
    return '.o'

  def can_use(self):
    return super().can_use() and settings.DEPUTY_THREAD
