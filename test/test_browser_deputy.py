# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""-sDEPUTY_THREAD in upstream's way to test: `test/runner browser_deputy`. See test_deputy.py."""

from browser_common import BrowserCore
from common import create_file, test_file


class browser_deputy(BrowserCore):
  def btest_deputy(self, name, *flags, **options):
    self.btest_exit(f'deputy/{name}', cflags=['-sDEPUTY_THREAD', *flags], **options)

  def test_create_join(self):
    self.btest_deputy('test_create_join.c')

  def test_cxx_threads(self):
    self.btest_deputy('test_cxx_threads.cpp', '-std=c++20')

  def test_locks(self):
    self.btest_deputy('test_locks.c')

  def test_main_loop(self):
    self.btest_deputy('test_main_loop.c')

  def test_nested_threads(self):
    self.btest_deputy('test_nested_threads.c')

  def test_thread_data(self):
    self.btest_deputy('test_thread_data.cpp')

  def test_call(self):
    create_file('page.js', '''
      Module.onRuntimeInitialized = async () => {
        const called = Module._add(1, 2);
        assert(called instanceof Promise);
        reportResultToServer(await called);
      };
    ''')
    self.btest(test_file('deputy/test_call.c'), expected='3', cflags=['-sDEPUTY_THREAD', '--pre-js=page.js'])
