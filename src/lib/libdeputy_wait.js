/**
 * @license
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Room `wait`: how long the UI thread may wait, what is said when it waits too
 * long, and what becomes of calls that throw. The wait itself is
 * system/lib/deputy/ui_wait.cpp.
 *
 * This file is read after libdeputy.js.
 */

#if !DEPUTY_THREAD
#error "Internal error! DEPUTY_THREAD should be enabled when including libdeputy_wait.js."
#endif

{{{
  // Of Description in ui_wait.cpp.
  const DESCRIPTION = {
    thread: 0,
    waitsOn: POINTER_SIZE,
    call: 2 * POINTER_SIZE,
    name: 3 * POINTER_SIZE,
    tid: 4 * POINTER_SIZE,
    isQueued: 4 * POINTER_SIZE + 4,
    hasReturned: 4 * POINTER_SIZE + 8,
    isCaller: 4 * POINTER_SIZE + 12,
  };
  // Of emscripten_deputy_wait_stats_t.
  const STATS_SIZE = POINTER_SIZE == 8 ? 32 : 24;
  const STATS_COUNT = POINTER_SIZE;
  const STATS_TOTAL = STATS_SIZE - 16;
  const STATS_LONGEST = STATS_SIZE - 8;
  // Verdict::NEEDS_WORKER in ui_wait.cpp.
  const NEEDS_WORKER = 5;
  // DEPUTY_CALL_MUTEX: those from here on are locks, which are given back soon.
  const FIRST_LOCK = 8;
  // DEPUTY_CALL_MALLOC: from here on what is short, whatever the program does.
  const FIRST_SHORT = 16;
  // How long a lock is held by those who give it back soon: they may have lost the core
  // to others, and need it back.
  const LOCK_MS = 50;
  // Of em_proxying_ctx, in proxying.c.
  const CTX_GUARD = 5 * POINTER_SIZE + 4;
  const GUARD_FREE = 0, GUARD_TAKEN = 1;
  // What a page is late by unnoticed.
  const FRAME_MS = 16;
}}}

var LibraryDeputyWait = {
  $DeputyWait__deps: ['emscripten_deputy_calls_served', 'emscripten_deputy_longest_stall',
    'emscripten_deputy_wait_stats', '_emscripten_deputy_call_name', '_emscripten_deputy_describe',
    '_emscripten_deputy_pool_used',
#if DEPUTY_CATCHES
    '_emscripten_deputy_set_error', '$stringToNewUTF8',
#endif
    '$UTF8ToString', '$stackAlloc', '$stackRestore', '$stackSave'],
  $DeputyWait: {
    // UI thread. Of the call that it is in, which may end later; or 0.
    ctx: 0,
    // It was said that a wait could not suspend.
    hasSpun: false,

    // Verdict in ui_wait.cpp: why the wait can't end.
    VERDICTS: [
      '',
      'The UI thread holds it itself, and can\'t give it back while it waits.',
      'That thread waits for a call that the UI thread is in the middle of, and gives nothing back before it ends.',
      'That thread has ended, and gives nothing back.',
      'That is a suspended call of the UI thread, which goes on when the UI thread is back at its event loop.',
      'The thread has not started: its worker loads when the UI thread is back at its event loop.',
    ],

    // UI thread, every few ms of a wait. Returns whether it has reported it, unless the
    // wait must not go on.
    check(call, object, owner, ms, verdict, hopelessMs, isReported, isSuspended) {
      var isLong = ms > {{{ UI_THREAD_WAIT_BUDGET }}};
#if UI_THREAD_WAIT == 'abort'
      var isOver = call < {{{ FIRST_LOCK }}} || ms > {{{ LOCK_MS }}};
#else
      var isOver = ms > 10 * {{{ UI_THREAD_WAIT_BUDGET }}};
#endif
      // What was seen may have been a moment; a worker that is under way may get there on
      // its own.
      var isHopeless = hopelessMs > (verdict == {{{ NEEDS_WORKER }}} ? {{{ UI_THREAD_WAIT_BUDGET }}} : {{{ LOCK_MS }}});
#if ENVIRONMENT_MAY_BE_NODE
      // Its main thread sleeps, as any thread may, and workers load meanwhile; so they do
      // while a call is suspended.
      var othersGoOn = isSuspended || ENVIRONMENT_IS_NODE && call < {{{ FIRST_SHORT }}};
#else
      var othersGoOn = isSuspended;
#endif
      if (othersGoOn) {
        isLong = isOver = false;
        isHopeless &&= verdict != {{{ NEEDS_WORKER }}};
      }
#if UI_THREAD_WAIT == 'suspend'
      else if (ms > {{{ FRAME_MS }}} && !DeputyWait.hasSpun) {
        DeputyWait.hasSpun = true;
        err('UI_THREAD_WAIT=suspend: the UI thread spins, and the page stands still, ' + (globalThis.WebAssembly.Suspending ?
          'because this wait is not in a call of a promising export (JSPI_EXPORTS), or JavaScript stands between:' :
          'because this engine has no JSPI:') + '\n' + new Error().stack.replace(/^Error\n/, ''));
      }
#endif
      if (!isOver && !isHopeless && (!isLong || isReported)) return false;
      var report = DeputyWait.report(call, object, owner, ms, verdict, isSuspended);
      if (isOver || isHopeless) abort(report);
      err(report);
      return true;
    },

#if DEPUTY_SYMBOLS.length
    SYMBOLS: {{{ JSON.stringify(DEPUTY_SYMBOLS) }}},
#endif

    // An address, and the name of the variable there, where the build knows it.
    name(address) {
      var text = '0x' + address.toString(16);
#if DEPUTY_SYMBOLS.length
      var symbol = DeputyWait.SYMBOLS.find(([start, size]) => address >= start && address < start + size);
      if (symbol) text += ' ' + symbol[2] + (address > symbol[0] ? '+' + (address - symbol[0]) : '');
#endif
      return text;
    },

    report(call, object, owner, ms, verdict, isSuspended) {
      var threads = DeputyWait.threads();
      var holder = threads.find(({ tid }) => tid == owner);
      var name = UTF8ToString(__emscripten_deputy_call_name(call));
      return [
        `the UI thread has waited for ${Math.round(ms)} ms in ${name} (${DeputyWait.name(object)})${isSuspended ? ', in a suspended call' : {{{ ENVIRONMENT_MAY_BE_NODE ? "ENVIRONMENT_IS_NODE ? '' : " : '' }}}', and the page stands still'}.`,
        owner ? `It is held by ${holder?.what ?? `thread ${owner}`}. ${DeputyWait.VERDICTS[verdict]}`.trim() : DeputyWait.VERDICTS[verdict],
        'Call what waits on the deputy or another pthread, where it may, or don\'t wait for what needs the UI thread: see docs/blocking.md (UI_THREAD_WAIT={{{ UI_THREAD_WAIT }}}, UI_THREAD_WAIT_BUDGET={{{ UI_THREAD_WAIT_BUDGET }}}).',
        ...threads.map(({ text }) => '  ' + text),
        new Error().stack.replace(/^Error\n/, ''),
      ].filter((line) => line).join('\n');
    },

    // What every thread is about.
    threads() {
      var threads = [];
      for (var i = 0; i < __emscripten_deputy_pool_used(); i++) {
        var at = __emscripten_deputy_describe(i);
        if (!at) continue;
        var thread = {{{ makeGetValue('at', DESCRIPTION.thread, '*') }}};
        var tid = {{{ makeGetValue('at', DESCRIPTION.tid, 'i32') }}};
        var name = UTF8ToString({{{ makeGetValue('at', DESCRIPTION.name, '*') }}});
        var waitsOn = {{{ makeGetValue('at', DESCRIPTION.waitsOn, '*') }}};
        var what = `thread ${tid}`;
        if (thread == Module['deputy']['thread']) what += ' (the deputy)';
        if (name) what += ` "${name}"`;
        var text = what;
        if ({{{ makeGetValue('at', DESCRIPTION.isQueued, 'i32') }}}) {
          text += ' has not started: no worker has loaded for it';
        } else if ({{{ makeGetValue('at', DESCRIPTION.isCaller, 'i32') }}}) {
          text += ' waits for a call that the UI thread is in the middle of';
        } else if (waitsOn) {
          text += ` waits in ${UTF8ToString({{{ makeGetValue('at', DESCRIPTION.call, '*') }}})} (${DeputyWait.name(waitsOn)})`;
        } else if ({{{ makeGetValue('at', DESCRIPTION.hasReturned, 'i32') }}}) {
          text += ' is at its event loop, or in a callback from there';
        } else {
          text += ' runs';
        }
        threads.push({ tid, what, text });
      }
      return threads;
    },

    stats() {
      var waits = {};
      if (!Deputy.hasRuntime()) return { 'waits': waits, 'callsServed': 0, 'longestStallMs': 0 };
      var sp = stackSave();
      var at = stackAlloc({{{ STATS_SIZE }}});
      for (var i = 0; !_emscripten_deputy_wait_stats(i, at); i++) {
        var count = {{{ makeGetValue('at', STATS_COUNT, 'u32') }}};
        if (count) {
          waits[UTF8ToString({{{ makeGetValue('at', 0, '*') }}})] = {
            'count': count,
            'totalMs': {{{ makeGetValue('at', STATS_TOTAL, 'double') }}},
            'longestMs': {{{ makeGetValue('at', STATS_LONGEST, 'double') }}},
          };
        }
      }
      stackRestore(sp);
      return {
        'waits': waits,
        'callsServed': _emscripten_deputy_calls_served(),
        'longestStallMs': _emscripten_deputy_longest_stall(),
      };
    },

    // Whether what was thrown ends the program, or nothing but its frames: no error.
    isEnd: (e) => ABORT || e === 'unwind' || e instanceof ExitStatus,

#if DEPUTY_CATCHES
    // UI thread. Of an error, from malloc; 0: there is no memory.
    textOf(e) {
      var name = String(e);
      var stack = e?.stack ?? '';
      // V8's begins with the name.
      return stringToNewUTF8(stack.startsWith(name) ? stack : `${name}\n${stack}`);
    },
#endif

    // UI thread. A function that another thread had it call, and waits for in `call`,
    // threw. Returns whether that thread catches it. Else nobody could tell its code
    // what to do: the program ends.
    threw(e, call) {
      if (DeputyWait.isEnd(e)) return false;
#if DEPUTY_CATCHES
      var text = DeputyWait.textOf(e);
      if (text && __emscripten_deputy_set_error(call, text)) return true;
#endif
      Deputy.crashed(e instanceof Error ? e : { message: String(e) });
      abort(`a function that a pthread had the UI thread call, and waits for, threw: ${e}\n${e?.stack ?? ''}`);
    },

    // UI thread. Looks at what the caller of `ctx` has given; null when it was cancelled, and
    // has perhaps freed that.
    look(ctx, func) {
      if (!ctx) return func();
      var guard = {{{ getHeapOffset(`ctx + ${CTX_GUARD}`, 'i32') }}};
      if (Atomics.compareExchange(HEAP32, guard, {{{ GUARD_FREE }}}, {{{ GUARD_TAKEN }}}) != {{{ GUARD_FREE }}}) return null;
      try {
        return func();
      } finally {
        Atomics.store(HEAP32, guard, {{{ GUARD_FREE }}});
        Atomics.notify(HEAP32, guard);
      }
    },

    // UI thread. `func`, with its answer as a Promise: upstream waits for one, and not
    // for its rejection.
    promising(func, call) {
      var promise = async (...args) => {
        try {
          return await func(...args);
        } catch (e) {
          DeputyWait.threw(e, call);
        }
      };
      return Object.defineProperty(promise, 'length', { value: func.length });
    },
  },

  // ---- Called by ui_wait.cpp (UI thread)

  _emscripten_deputy_ui_waits_js__deps: ['$DeputyWait'],
  _emscripten_deputy_ui_waits_js__sig: 'iipididii',
  _emscripten_deputy_ui_waits_js: (call, object, owner, ms, verdict, hopelessMs, isReported, isSuspended) =>
    DeputyWait.check(call, object, owner, ms, verdict, hopelessMs, isReported, isSuspended),

  _emscripten_deputy_run_tasks_js__deps: ['_emscripten_deputy_run_tasks', '$DeputyWait'],
  _emscripten_deputy_run_tasks_js__sig: 'i',
  _emscripten_deputy_run_tasks_js: () => {
    try {
      __emscripten_deputy_run_tasks();
    } catch (e) {
      // The program is over; so is the wait. (Not at every exit(): the runtime may stay.)
      if (ABORT) throw e;
      // As from an event loop: the page is told of it.
      if (!DeputyWait.isEnd(e)) setTimeout(() => { throw e; });
      return 1;
    }
    return 0;
  },
};

// ---- Upstream's functions, changed -------------------------------------------

moveUpstream('$checkMailbox', '$runMailbox', LibraryDeputyWait);
moveUpstream('_emscripten_receive_on_main_thread_js', '$receiveOnMainThread', LibraryDeputyWait);

Object.assign(LibraryDeputyWait, {
  // Any thread, from its event loop. Whoever waits for what an exception has ended is
  // told.
  $checkMailbox__deps: ['$deputyLeaveMailbox', '$runMailbox', '$stackRestore', '$stackSave', 'pthread_self'],
  $checkMailbox: () => {
    // (After an abort upstream's complains, of each check.)
    if (ABORT || !Deputy.hasRuntime()) return;
    var sp = stackSave();
    try {
      runMailbox();
    } finally {
      // C's frames are still there after an exception; the thread may have ended.
      if (Deputy.hasRuntime() && deputyLeaveMailbox() && _pthread_self()) stackRestore(sp);
    }
  },

  // False: a task sleeps. It goes on where it was, on the stack as it is.
  $deputyLeaveMailbox__deps: ['_emscripten_deputy_leave_mailbox',
#if ASYNCIFY == 1
    '$Asyncify',
#endif
  ],
  $deputyLeaveMailbox: () => {
#if ASYNCIFY == 1
    if (Asyncify.currData) return false;
#endif
    __emscripten_deputy_leave_mailbox();
    return true;
  },

  // UI thread. Calls a function of JavaScript for another thread, also while it is in
  // the middle of such a call. `call`: what the other thread waits for, or null.
  _emscripten_receive_on_main_thread_js__deps: ['$receiveOnMainThread', '$DeputyWait'],
  _emscripten_receive_on_main_thread_js: (funcIndex, emAsmAddr, thread, bufSize, args, ctx, call) => {
    var outer = PThread.currentProxiedOperationCallerThread;
    var func = proxiedFunctionTable[funcIndex];
    var outerCtx = DeputyWait.ctx;
    DeputyWait.ctx = ctx;
    if (ctx) proxiedFunctionTable[funcIndex] = DeputyWait.promising(func, call);
    try {
      return receiveOnMainThread(funcIndex, emAsmAddr, thread, bufSize, args, ctx, call);
    } catch (e) {
      if (!call || !DeputyWait.threw(e, call)) throw e;
      return 0;
    } finally {
      PThread.currentProxiedOperationCallerThread = outer;
      DeputyWait.ctx = outerCtx;
      proxiedFunctionTable[funcIndex] = func;
    }
  },

  // Any thread. Upstream warns, and aborts with ALLOW_BLOCKING_ON_MAIN_THREAD=0; here
  // UI_THREAD_WAIT says what a wait may do.
  emscripten_check_blocking_allowed__deps: [],
  emscripten_check_blocking_allowed: () => {},
});

autoAddDeps(LibraryDeputyWait, '$DeputyWait');
addToLibrary(LibraryDeputyWait);
