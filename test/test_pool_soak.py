# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Threads without end: the pool neither grows nor leaks nor loses a thread. Quick as it stands; the long form,
# up to a million pairs in ten minutes and as long at random, is `pytest --soak 600 test/test_pool_soak.py`.


def test_threads_without_end(build, run, engine, request):
  seconds = request.config.getoption('soak')
  result = run(build('deputy/test_pool_soak.c', '-sDEPUTY_THREAD', '-O2', '-sASSERTIONS'), engine,
               args=[int(min(1_000_000, 10_000 * seconds)), seconds], expect_exit=0, timeout=60 + 2 * seconds)
  assert result.stdout[-1] == 'done'
  print(*result.stdout, sep='\n')
