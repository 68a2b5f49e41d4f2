# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Events of html5.h whose callbacks are on the deputy: what the page does with them by itself, and how they get there.
# Source: deputy/test_events.c.

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser_only(reason='Node.js has no events of html5.h')

PREVENT_DEFAULT, STOP_PROPAGATION, STAY, COALESCE = 1, 2, 4, 8
SUCCESS, UNKNOWN_TARGET, INVALID_PARAM, DEFERRED = 0, -4, -5, 1
DROPPED = 'an event is lost'

PAGE = '''<!doctype html>
<html><head><meta charset="utf-8"></head>
<body><div id="around"><canvas id="canvas" width="300" height="200" tabindex="0"></canvas></div></body></html>
'''

# What the tests' page_js has besides Module.
HELPERS = '''
  const [canvas, around] = ['canvas', 'around'].map((id) => document.getElementById(id));
  // main() has registered its callbacks.
  while (!globalThis.isReady) await new Promise((done) => setTimeout(done, 4));
  const policy = (target, type, flags) => Module.deputy.call('policy', 'number', ['string', 'string', 'number'], [target, type, flags]);
  const taken = async () => (await Module.deputy.call('taken', 'string')).split('\\n').slice(0, -1);
  const fire = (Kind, type, options, target = canvas) => {
    const event = new Kind(type, {bubbles: true, cancelable: true, ...options});
    target.dispatchEvent(event);
    return event;
  };
  const key = (type, key) => fire(KeyboardEvent, type, {key});
  // Has the deputy busy until the function that it returns is called.
  const keepBusy = async () => {
    const over = Module._busy();
    while (!Module._is_busy()) await new Promise((done) => setTimeout(done, 4));
    return () => { Module._idle(); return over; };
  };
'''


def program(build, *flags):
  return build('deputy/test_events.c', '-sDEPUTY_THREAD', '-sDEPUTY_INLINE_EXPORTS=is_busy,idle,move,moved_times', '-O1', *flags)


@pytest.fixture
def on_page(build, run, engine):
  """What `page_js` returns, with the helpers above."""
  def on_page(page_js, *flags, **options):
    return run(program(build, *flags), engine, page=PAGE, page_js=HELPERS + page_js, **options)
  return on_page


# ---- Policies ----------------------------------------------------------------


def test_prevented_at_once(on_page):
  result = on_page(f"""
    const before = key('keydown', 'a').defaultPrevented;
    const set = await policy('#canvas', 'keydown', {PREVENT_DEFAULT});
    const idle = await keepBusy();
    const during = key('keydown', 'b').defaultPrevented;
    const other = key('keyup', 'b').defaultPrevented;
    await idle();
    await policy('#canvas', 'keydown', 0);
    const after = key('keydown', 'c').defaultPrevented;
    return [set, before, during, other, after, await taken()];
  """)
  assert result.report == [SUCCESS, False, True, False, False, ['down a', 'down b', 'up b', 'down c']]


def test_wheel_is_prevented_on_the_window(on_page):
  # Where browsers take listeners for passive.
  result = on_page(f"""
    await policy('window', 'wheel', {PREVENT_DEFAULT});
    return fire(WheelEvent, 'wheel', {{deltaY: 10}}).defaultPrevented;
  """)
  assert result.report is True


def test_propagation(on_page):
  result = on_page(f"""
    let passed = 0;
    around.addEventListener('keydown', () => passed++);
    key('keydown', 'a');
    await policy('#canvas', 'keydown', {STOP_PROPAGATION});
    const isPrevented = key('keydown', 'b').defaultPrevented;
    return [passed, isPrevented, await taken()];
  """)
  assert result.report == [1, False, ['down a', 'down b']]


def test_stay(on_page):
  result = on_page(f"""
    const leave = () => {{
      const event = document.createEvent('BeforeUnloadEvent');
      event.initEvent('beforeunload', false, true);
      window.dispatchEvent(event);
      return [event.defaultPrevented, event.returnValue != ''];
    }};
    const before = leave();
    await policy('window', 'beforeunload', {STAY});
    const idle = await keepBusy();
    const during = leave();
    idle();
    await policy('window', 'beforeunload', 0);
    return [before, during, leave()];
  """)
  assert result.report == [[False, False], [True, True], [False, False]]


def test_wrong_policies(on_page):
  result = on_page(f"""
    return Promise.all([
      policy('#nobody', 'keydown', {PREVENT_DEFAULT}),
      policy('#canvas', '', {PREVENT_DEFAULT}),
      policy('#canvas', 'keydown', 16),
      policy('#canvas', 'keydown', {COALESCE}),
      policy('#canvas', 'beforeunload', {STAY}),
      policy('window', 'keydown', {STAY}),
      policy('#canvas', 'pointermove', {COALESCE | PREVENT_DEFAULT}),
    ]);
  """)
  assert result.report == [UNKNOWN_TARGET, *[INVALID_PARAM] * 5, SUCCESS]


# ---- Delivery ----------------------------------------------------------------


@pytest.mark.parametrize('flags', [
  [], ['-sDEPUTY_CALL_THREADS=1'], ['-O2', '--closure=1', '-Werror=closure'], ['-sEXIT_RUNTIME', '-sHTML5_SUPPORT_DEFERRING_USER_SENSITIVE_REQUESTS=0'],
  ['-O1', '-sMAIN_MODULE=2', '-sMODULARIZE'],
], ids=['deputy', 'call threads', 'closure', 'no deferring', 'main module'])
def test_order(on_page, flags):
  # Of different callbacks, and in order with them the mouse.
  if '-sEXIT_RUNTIME' in flags:
    flags = [*flags, '-DSTAY']
  result = on_page("""
    for (let i = 0; i < 20; i++) {
      key('keydown', i);
      fire(MouseEvent, 'mousedown', {clientX: i});
      key('keyup', i);
    }
    canvas.dispatchEvent(new FocusEvent('focus'));
    let all = [];
    while (all.length < 61) all.push(...await taken());
    return all;
  """, *flags)
  assert result.report == [
    *(line for i in range(20) for line in (f'down {i}', f'press {i},0 0,0', f'up {i}')), 'focus canvas']


def test_order_with_calls(on_page):
  result = on_page("""
    const idle = await keepBusy();
    for (let i = 0; i < 20; i++) {
      Module._mark(i);
      key('keydown', i);
    }
    idle();
    return taken();
  """)
  assert result.report == [line for i in range(20) for line in (f'call {i}', f'down {i}')]


@pytest.mark.parametrize('way', ['sleep', 'poll'])
def test_main_does_not_return(on_page, way):
  # Where upstream's events are run as well.
  result = on_page("""
    key('keydown', 'a');
    key('keyup', 'end');
    Module._end();
    return taken();
  """, args=[way])
  assert result.report == ['down a', 'up end']


def test_coalesced(on_page):
  result = on_page(f"""
    await policy('#canvas', 'mousemove', {COALESCE});
    await policy('window', 'mousemove', {COALESCE});
    await policy('#canvas', 'wheel', {COALESCE});
    await policy('window', 'resize', {COALESCE});
    await Module._set_resize();
    const idle = await keepBusy();
    for (let i = 1; i <= 100; i++) {{
      fire(MouseEvent, 'mousemove', {{clientX: i, clientY: 2 * i, movementX: 1, movementY: -2}});
      fire(WheelEvent, 'wheel', {{deltaX: 1, deltaY: 0.5}});
      window.dispatchEvent(new Event('resize'));
      if (i == 50) fire(MouseEvent, 'mousedown', {{clientX: i, clientY: 2 * i}});
    }}
    idle();
    const first = await taken();
    fire(MouseEvent, 'mousemove', {{clientX: 7, movementX: 1}});
    return [first, await taken()];
  """)
  assert result.report == [
    ['press 50,100 0,0', 'window move 100,200 100,-200', 'move 100,200 100,-200', 'wheel 100,50', 'resize'],
    ['window move 7,0 1,0', 'move 7,0 1,0'],
  ]
  assert not [line for line in result.stderr if DROPPED in line]


def test_none_is_lost_while_the_deputy_takes_them(on_page):
  # As fast as they can come.
  result = on_page("""
    let sent;
    for (let i = 0; i < 20; i++) {
      sent = Module._move(1000000);
      for (let end = performance.now() + 2000; Module._moved_times() != sent && performance.now() < end;) {
        await new Promise((done) => setTimeout(done, 1));
      }
      if (Module._moved_times() != sent) break;
    }
    await Module.deputy.call('end');
    return [Module._moved_times(), sent];
  """, args=['poll'])
  moved, sent = result.report
  assert moved == sent


def test_coalesced_touches(on_page):
  # A touch that has moved in either has moved.
  result = on_page(f"""
    try {{
      new Touch({{identifier: 0, target: canvas}});
    }} catch {{
      return null;
    }}
    const touch = (identifier, clientX) => new Touch({{identifier, clientX, target: canvas}});
    await policy('#canvas', 'touchmove', {COALESCE});
    const idle = await keepBusy();
    for (const [a, b, changed] of [[10, 20, 0], [11, 20, 0], [11, 21, 1]]) {{
      const touches = [touch(0, a), touch(1, b)];
      fire(TouchEvent, 'touchmove', {{touches, targetTouches: touches, changedTouches: [touches[changed]]}});
    }}
    idle();
    return taken();
  """)
  if result.report is None:
    pytest.skip('the engine has no touch events here')
  assert result.report == ['touch 0! at 11 1! at 21']


def test_without_coalescing(on_page):
  result = on_page("""
    const idle = await keepBusy();
    for (let i = 0; i < 100; i++) fire(MouseEvent, 'mousemove', {clientX: i});
    idle();
    return taken();
  """)
  assert result.report == [line for i in range(100) for line in (f'window move {i},0 0,0', f'move {i},0 0,0')]


def test_in_order_with_calls(on_page):
  # Each call takes the event before it, whenever the deputy looks.
  result = on_page("""
    const lines = [];
    for (let batch = 0; batch < 100; batch++) {
      const calls = [];
      for (let i = 0; i < 100; i++) {
        key('keydown', i);
        calls.push(taken());
      }
      lines.push(await Promise.all(calls));
    }
    // The deputy's turn is over in the middle of the events.
    for (const name of ['slow', 'slow', 'slow', 'last']) key('keydown', name);
    return [lines, await taken()];
  """)
  lines, last = result.report
  assert lines == [[[f'down {i}'] for i in range(100)]] * 100
  assert last == ['down slow', 'down slow', 'down slow', 'down last']


def test_dropped(on_page):
  result = on_page("""
    const idle = await keepBusy();
    for (let i = 0; i < 300; i++) key('keydown', i);
    key('keyup', 'after');
    idle();
    const first = await taken();
    for (let i = 0; i < 1000; i++) {
      key('keydown', i);
      if (i % 100 == 0) await taken();
    }
    return [first, await taken()];
  """)
  first, rest = result.report
  assert first == [*(f'down {i}' for i in range(256)), 'up after']
  assert rest[-1] == 'down 999'
  said = [line for line in result.stderr if DROPPED in line]
  assert len(said) == 1
  assert said[0].startswith('keydown: ') and '256 of them' in said[0]


def test_bounded_for_all(on_page):
  # By the ring, in which two of these have no room, and the order of what there is stays.
  result = on_page("""
    const idle = await keepBusy();
    for (let i = 0; i < 500; i++) {
      key('keydown', i);
      key('keyup', i);
      canvas.dispatchEvent(new FocusEvent('focus'));
    }
    idle();
    const lines = await taken();
    key('keydown', 'next');
    return [lines, await taken()];
  """)
  lines, last = result.report
  assert 100 < len(lines) <= 3 * 256
  assert lines[:4] == ['down 0', 'up 0', 'focus canvas', 'down 1']
  assert last == ['down next']


def test_removed(on_page):
  # Also what waited.
  result = on_page("""
    const idle = await keepBusy();
    const removed = Module._remove_keydown();
    for (let i = 0; i < 5; i++) key('keydown', i);
    idle();
    await removed;
    key('keyup', 'a');
    const first = await taken();
    await Module._again();
    key('keydown', 'b');
    const second = await taken();
    await Module._remove_all();
    key('keydown', 'c');
    return [first, second, await taken()];
  """)
  # (Events that came before a call run before it.)
  first, second, third = result.report
  assert first == ['up a']
  assert second == ['again down b']
  assert third == []


def test_another_thread(on_page):
  result = on_page("""
    for (let i = 0; i < 10; i++) fire(MouseEvent, 'mouseup');
    while (await Module._helped_times() < 10) {}
    return 'all';
  """)
  assert result.report == 'all'


def test_thread_that_has_ended(on_page):
  # Its callbacks are not another's, which has its block.
  result = on_page("""
    const isSame = await Module._replace_helper();
    fire(MouseEvent, 'mouseup');
    await Module._ask_helper();
    return [isSame, await Module._helped_times()];
  """)
  assert result.report == [1, 0]


@pytest.mark.quiet
def test_malloc_is_locked(on_page):
  result = on_page("""
    const pause = (ms) => new Promise((done) => setTimeout(done, ms));
    await Module._hold_malloc(400);
    uiGaps.reset();
    for (let i = 0; i < 30; i++) {
      key('keydown', i);
      fire(MouseEvent, 'mousemove', {clientX: i});
      await pause(10);
    }
    const {max} = uiGaps.summary();
    const isHeld = await Module._is_holding();
    // For another thread it is as upstream's.
    await Module._hold_malloc(400);
    uiGaps.reset();
    fire(MouseEvent, 'mouseup');
    await pause(1);
    return [max, isHeld, uiGaps.summary().max, (await taken()).length];
  """, '--js-library', Path('deputy/test_events.js'), '-sALLOW_MEMORY_GROWTH', '-sMAXIMUM_MEMORY=2gb', '-Wno-pthreads-mem-growth')
  gap, is_held, upstream_gap, count = result.report
  assert is_held
  assert gap < 50
  assert upstream_gap > 150
  assert count == 90


# ---- Gestures ----------------------------------------------------------------

CLICK = '''
  const click = (x, y) => sendInput(['mousePressed', 'mouseReleased'].map((type) =>
    ['dispatchMouseEvent', {type, x, y, button: 'left', clickCount: 1}]));
  const until = async (is) => {
    while (!is()) await new Promise((done) => setTimeout(done, 4));
  };
'''
REAL_INPUT = pytest.mark.engines('chromium', reason='the harness has real input in Chromium alone')


@REAL_INPUT
@pytest.mark.parametrize('where', ['on a callback\'s target', 'elsewhere'])
def test_fullscreen_at_a_gesture(on_page, where):
  # Elsewhere no callback of the program's handles the event: it has none there.
  result = on_page(CLICK + f"""
    const before = await Module._fullscreen();
    key('keydown', 'no gesture');
    const isEarly = !!document.fullscreenElement;
    if ({str(where == 'elsewhere').lower()}) {{
      await Module._remove_all();
      await Module._fullscreen();
    }}
    const idle = await keepBusy();
    await click(20, 20);
    await until(() => document.fullscreenElement);
    idle();
    const element = document.fullscreenElement.id;
    await document.exitFullscreen();
    await click(20, 20);
    return [before, isEarly, element, !!document.fullscreenElement];
  """)
  assert result.report == [DEFERRED, False, 'canvas', False]


@REAL_INPUT
def test_pointerlock_at_a_gesture(on_page):
  result = on_page(CLICK + """
    let asked = 0;
    canvas.requestPointerLock = () => asked += navigator.userActivation.isActive;
    const deferred = await Module._pointerlock();
    await click(500, 400);
    await until(() => asked);
    await click(500, 400);
    return [deferred, asked];
  """)
  assert result.report == [DEFERRED, 1]
