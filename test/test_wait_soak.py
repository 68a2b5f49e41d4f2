# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# The page and threads on the same locks, at random: the page's timer goes on, and exit() ends it all. Quick as it
# stands; two minutes are `pytest --soak 120 test/test_wait_soak.py`.

import random

import pytest

# For how long the page may stand still, in ms (the default), and what a loaded machine may add.
BUDGET = 1000
FRAME = 100


@pytest.mark.quiet
def test_page_and_threads_at_random(build, run, engine, request):
  seconds = request.config.getoption('soak')
  seed = random.randrange(1, 2 ** 31)
  program = build('deputy/test_wait_soak.c', '-sDEPUTY_THREAD', '-sDEPUTY_INLINE_EXPORTS=*', '-sMODULARIZE', '-sEXIT_RUNTIME', '-O2', '-sASSERTIONS',
                  f'-sUI_THREAD_WAIT_BUDGET={BUDGET}')
  result = run(program, engine, args=[seconds, seed], expect_exit=0, timeout=60 + 2 * seconds, page_js=f'''
    let state = {seed};
    const timer = setInterval(() => {{
      state = Math.imul(state, 1664525) + 1013904223 >>> 0;
      try {{
        Module._step(state | 1);
      }} catch (e) {{
        clearInterval(timer);
      }}
    }}, 4);
    uiGaps.reset();
    await Module.deputy.exited;
    clearInterval(timer);
    const gaps = uiGaps.summary();
    return gaps;
  ''')
  assert not [line for line in result.stderr if 'the UI thread has waited' in line], f'seed {seed}'
  longest = (result.report or {}).get('max', 0)
  print(f'{engine}: seed {seed}, longest gap {longest:.0f} ms, {result.stderr[-1] if result.stderr else ""}')
  assert longest < BUDGET + FRAME, f'seed {seed}'
