# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Upstream's fixes that came after the base: each test fails on the base without its patch. Sources in backports/.


def test_pthread_waitasync_after_exit(build, run, engine):
  program = build('backports/test_pthread_waitasync_after_exit.c', '-pthread', '-sPROXY_TO_PTHREAD', '-sEXIT_RUNTIME')
  run(program, engine, expect_exit=0)
