/**
 * @license
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Room `wait`: calls that the engine suspends (-sJSPI). On the UI thread, and where the
 * page's calls are served, each call of a promising export is an activation, with a stack
 * of its own, because others run there while it is suspended, in any order;
 * system/lib/deputy/activation.c has what else is its own. With UI_THREAD_WAIT=suspend its
 * waits on the UI thread suspend it, and the page goes on.
 *
 * Upstream gets here where it would use WebAssembly.promising and WebAssembly.Suspending,
 * which WebKit does not have: there a program loads and runs, and nothing is suspended.
 */

#if !DEPUTY_THREAD || ASYNCIFY != 2
#error "Internal error! DEPUTY_THREAD and JSPI should be enabled when including libdeputy_jspi.js."
#endif

{{{
  // How often a suspended wait is looked at, whether it can end.
  const LOOK_MS = 200;
}}}

var LibraryDeputyJspi = {
  $DeputyJspi__deps: ['_emscripten_deputy_activation', '_emscripten_deputy_activation_free',
    '_emscripten_deputy_activation_new', '_emscripten_deputy_activation_switch', '$stackRestore', '$stackSave',
#if STACK_OVERFLOW_CHECK >= 2
    '$setStackLimits',
#endif
  ],
  $DeputyJspi__postset: 'DeputyJspi.rejects = new Map();',
  $DeputyJspi: {
    // Of the activations that have not ended: what rejects their Promise.
    rejects: null,
    // Pthread. In a call of the page's.
    isServing: false,

    // Any thread. `func`, an export, as a function that returns a Promise.
    promising(func) {
      if (!WebAssembly.promising) return async (...args) => func(...args);
      var promising = WebAssembly.promising(func);
      // (A thread's entry point has the thread's stack.)
      return (...args) => ENVIRONMENT_IS_PTHREAD && !DeputyJspi.isServing ? promising(...args) : new Promise((resolve, reject) => {
        var activation = __emscripten_deputy_activation_new({{{ to64(JSPI_STACK_SIZE) }}});
        if (!activation) {
          throw new Error('out of memory: no stack of JSPI_STACK_SIZE ({{{ JSPI_STACK_SIZE }}}) bytes for a call of a promising export');
        }
        DeputyJspi.rejects.set(activation, reject);
        var settle = (how) => (value) => {
          DeputyJspi.rejects.delete(activation);
          // (With its thread it has ended before.)
          if (!DeputyPool.hasEnded) {
            DeputyJspi.leave(activation);
            __emscripten_deputy_activation_free(activation);
          }
          how(value);
        };
        DeputyJspi.switch(activation);
        try {
          promising(...args).then(settle(resolve), settle(reject));
        } finally {
          DeputyJspi.leave(activation);
        }
      });
    },

    // Any thread. `func`, an import that returns a Promise, as one that suspends its
    // caller. (Called with `new`.)
    Suspending: function(func) {
      if (!WebAssembly.Suspending) {
        return (...args) => {
          var result = func(...args);
          if (result instanceof Promise) {
            abort('a function was called whose result comes later, and suspends its caller (JSPI): this engine can\'t do that');
          }
          return result;
        };
      }
      return new WebAssembly.Suspending((...args) => {
        var result = func(...args);
        if (!(result instanceof Promise)) return result;
        // (Null: a pthread's entry point.)
        var activation = __emscripten_deputy_activation();
        if (activation) DeputyJspi.leave(activation);
        var resume = () => DeputyJspi.resume(activation);
        // The engine's own reaction comes right after this one.
        result.then(resume, resume);
        return result;
      });
    },

    // ---- Activations

    // Enters an activation, or leaves the current one.
    switch(activation) {
      var sp = {{{ from64Expr('__emscripten_deputy_activation_switch(activation, stackSave())') }}};
      if (!sp) {
        abort('stack overflow in a call of a promising export: raise JSPI_STACK_SIZE ({{{ JSPI_STACK_SIZE }}})');
      }
#if STACK_OVERFLOW_CHECK >= 2
      setStackLimits();
#endif
      stackRestore(sp);
    },

    leave(activation) {
      if (__emscripten_deputy_activation() == activation) DeputyJspi.switch(activation);
    },

    resume(activation) {
      // It has ended, and its Promise's turn has not come.
      var ended = __emscripten_deputy_activation();
      if (ended) DeputyJspi.switch(ended);
      if (activation) DeputyJspi.switch(activation);
    },

    // The program is over: none goes on.
    close(reason) {
      for (var reject of DeputyJspi.rejects.values()) reject(reason);
    },

#if UI_THREAD_WAIT == 'suspend'
    // Resolves with what emscripten_futex_wait returns, unless the program is over by
    // then.
    wait(address, expected, ms) {
      var { async, value } = Atomics.waitAsync(HEAP32, {{{ getHeapOffset('address', 'i32') }}}, expected, ms);
      if (!async) return Promise.resolve(DeputyJspi.RESULTS[value]);
      var activation = __emscripten_deputy_activation();
      // One with a time limit ends by itself.
      var timer = ms == Infinity ? setInterval(() => {
        if (ABORT || DeputyPool.isClosed) clearInterval(timer);
        else __emscripten_deputy_look(activation, address, expected);
      }, {{{ LOOK_MS }}}) : 0;
      return new Promise((resolve) => value.then((result) => {
        clearInterval(timer);
        if (!ABORT) resolve(DeputyJspi.RESULTS[result]);
      }));
    },

    RESULTS: { 'ok': 0, 'not-equal': -{{{ cDefs.EWOULDBLOCK }}}, 'timed-out': -{{{ cDefs.ETIMEDOUT }}} },
#endif
  },

#if UI_THREAD_WAIT == 'suspend'
  // Called by try_suspend.S.
  _emscripten_deputy_suspend_js__deps: ['$DeputyJspi', '$polyfillWaitAsync', '_emscripten_deputy_look'],
  _emscripten_deputy_suspend_js__sig: 'ipid',
  _emscripten_deputy_suspend_js__async: true,
  _emscripten_deputy_suspend_js: (address, expected, ms) => DeputyJspi.wait(address, expected, ms),
#endif
};

// ---- Upstream's functions, changed -------------------------------------------

moveUpstream('emscripten_sleep', '$suspendingSleep', LibraryDeputyJspi);

Object.assign(LibraryDeputyJspi, {
  // Any thread. Where nothing is suspended the thread sleeps, events and all.
  emscripten_sleep__deps: ['$suspendingSleep', '$DeputyJspi', 'emscripten_thread_sleep'],
  emscripten_sleep__async: true,
  emscripten_sleep: (ms) => WebAssembly.Suspending ? Asyncify.handleAsync(() => suspendingSleep(ms)) : _emscripten_thread_sleep(ms),
});

autoAddDeps(LibraryDeputyJspi, '$DeputyJspi');
addToLibrary(LibraryDeputyJspi);
