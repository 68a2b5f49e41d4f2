# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""-sDEPUTY_THREAD in upstream's way to test: `test/runner deputy` runs these in Node.js.

The programs are those of deputy/, with their expected output. All that is said of the mode, in four engines, is
tested by pytest; this is the door for whoever knows upstream's runner.
"""

from common import EMCC, RunnerCore, test_file


class deputy(RunnerCore):
  def do_deputy_test(self, name, *flags, **options):
    self.do_runf_out_file(f'deputy/{name}', cflags=['-sDEPUTY_THREAD', *flags], **options)

  def test_create_join(self):
    self.do_deputy_test('test_create_join.c')

  def test_cxx_threads(self):
    self.do_deputy_test('test_cxx_threads.cpp', '-std=c++20')

  def test_locks(self):
    self.do_deputy_test('test_locks.c')

  def test_main_loop(self):
    self.do_deputy_test('test_main_loop.c')

  def test_nested_threads(self):
    self.do_deputy_test('test_nested_threads.c')

  def test_openmp(self):
    self.do_deputy_test('test_openmp.c', '-fopenmp')

  def test_pool_attributes(self):
    self.do_deputy_test('test_pool_attributes.c')

  def test_pool_cancel(self):
    self.do_deputy_test('test_pool_cancel.c')

  def test_pool_event_loop(self):
    self.do_deputy_test('test_pool_event_loop.c')

  def test_promise(self):
    self.do_deputy_test('test_promise.c')

  def test_thread_data(self):
    self.do_deputy_test('test_thread_data.cpp')

  def test_refused(self):
    self.assert_fail([EMCC, test_file('deputy/hello.c'), '-sDEPUTY_THREAD', '-sMINIMAL_RUNTIME'],
                     'DEPUTY_THREAD is not compatible with MINIMAL_RUNTIME')
