/**
 * @license
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Room `start`: the page's view of the deputy, `Module.deputy`, and the ways in
 * which a program starts, ends and fails. The C++ half, which creates the deputy
 * and runs main() on it, is system/lib/deputy/deputy_main.cpp.
 *
 *   Module.deputy.thread   pthread_t of the deputy, 0 before it runs, after it
 *                          has ended, by pthread_exit() in main() say, and after
 *                          the runtime has exited. Any thread.
 *   Module.deputy.started  UI thread. A Promise, resolved with undefined when the
 *                          deputy is about to run main(); rejected with an Error
 *                          when it can't be started.
 *   Module.deputy.exited   UI thread. A Promise, resolved with the exit status
 *                          when main() has returned and left nothing running, or
 *                          exit() was called on any thread, whatever EXIT_RUNTIME
 *                          says, and with 0 when main() ended its own thread by
 *                          pthread_exit() and the last thread has ended; rejected
 *                          with an Error when the deputy could not be started, or
 *                          when any thread died of a trap, an abort or an uncaught
 *                          exception.
 *
 *   Module.deputy.stats()  Any thread. How the UI thread has waited since the start: {
 *                          waits: { [call]: { count, totalMs, longestMs } },
 *                          callsServed, longestStallMs }. See emscripten/deputy.h.
 *
 *   const status = await Module.deputy.exited;
 *
 * This file is read after libpthread.js and changes some of its functions: the
 * upstream one then lives on under another name ($runEntryPoint, ...).
 */

#if !DEPUTY_THREAD
#error "Internal error! DEPUTY_THREAD should be enabled when including libdeputy.js."
#endif

{{{
  // For how long an exit waits to be told what threads have died of.
  const LAST_WORDS_MS = 1000;
}}}

var LibraryDeputy = {
  // ---- State (UI thread) ---------------------------------------------------

  $Deputy__deps: ['emscripten_deputy_thread', '_emscripten_deputy_crashes', '_emscripten_deputy_has_started', '_emscripten_deputy_page_is_ready', '_emscripten_deputy_serve', '$DeputyCall', '$DeputyPool', '$DeputyProxy', '$DeputyWait', '$callUserCallback', '$exitOnMainThread', '$runtimeKeepalivePush'],
  $Deputy__postset: () => {
#if EMBIND_GEN_MODE
    // The driver asks what the program binds, and starts no deputy for its constructors.
    addAtPostCtor("wasmExports['__wasm_call_ctors']();");
#endif
    return 'Deputy.init();';
  },
  $Deputy: {
    // { promise, resolve, reject } of Module.deputy.started and .exited.
    started: null,
    exited: null,
    isStarted: false,
    isCreated: false,
    // By the page, where main() is put off.
    isMainCalled: false,
    hasCrashed: false,
    // How many of the threads that crashed have told what they died of; exits that wait
    // for the others, and what bounds their wait.
    crashesTold: 0,
    exits: [],
    exitTimer: 0,
    onRuntimeInitialized: null,
    // The Error that the start failed with.
    failure: null,
    // What `new Worker` threw last.
    refusal: null,
    // Bounds the time from the creation of the deputy to its first sign of life.
    timer: 0,
    // The last Content-Security-Policy violation that can have kept a worker from
    // loading: a worker's error event doesn't say.
    cspViolation: null,
    // Of what listens to the page's events: functions that end it.
    listeners: [],
    // Any thread: of the page, in ms since the Unix epoch. (AudioWorklets have no such clock.)
    timeOrigin: 0,

    // Any thread, while the script is evaluated: the runtime does not exist yet.
    init() {
      Deputy.timeOrigin = globalThis.performance?.timeOrigin;
      var api = Module['deputy'] = {
        get 'thread'() {
          return Deputy.hasRuntime() ? {{{ from64Expr('_emscripten_deputy_thread()') }}} : 0;
        },
      };
      api['pool'] = DeputyPool.api();
      api['stats'] = () => DeputyWait.stats();
      if ({{{ ENVIRONMENT_IS_WORKER_THREAD() }}}) return;
      DeputyCall.api(api);
      Deputy.started = Deputy.newPromise();
      Deputy.exited = Deputy.newPromise();
      api['started'] = Deputy.started.promise;
      api['exited'] = Deputy.exited.promise;
#if expectToReceiveOnModule('onRuntimeInitialized')
      // Upstream's run() calls it before static constructors have run, and does not find
      // it here; preRun may still set it. (With noInitialRun they run when the page says so.)
      Deputy.onRuntimeInitialized = Module['onRuntimeInitialized'];
      Object.defineProperty(Module, 'onRuntimeInitialized', {
        configurable: true,
        get: () => Deputy.isStarted || {{{ makeModuleReceiveExpr('noInitialRun', !INVOKE_RUN) }}} ? Deputy.onRuntimeInitialized : null,
        set: (func) => { Deputy.onRuntimeInitialized = func; },
      });
#endif
      Deputy.requireSharedMemory();
#if ENVIRONMENT_MAY_BE_WEB || ENVIRONMENT_MAY_BE_WORKER
      var target = globalThis.document ?? globalThis;
      var note = (e) => {
        if (/^(worker|child|script)-src/.test(e.effectiveDirective)) Deputy.cspViolation = e;
      };
      target.addEventListener?.('securitypolicyviolation', note);
      Deputy.listeners.push(() => target.removeEventListener?.('securitypolicyviolation', note));
#endif
    },

    // The program is over: nothing of it is left on the page, but where the runtime lives on.
    // `why` is an Error.
    end(why) {
      DeputyCall.closeAll(why);
      if (!DeputyPool.isClosed) return;
      for (var stop of Deputy.listeners.splice(0)) stop();
    },

    // Any thread. Whether C can be called.
    hasRuntime() {
#if EXIT_RUNTIME
      if (runtimeExited) return false;
#endif
      return runtimeInitialized;
    },

    newPromise() {
      var settle = {};
      settle.promise = new Promise((resolve, reject) => Object.assign(settle, { resolve, reject }));
      // Every rejection is printed as well, by fail() or by upstream: a page that
      // doesn't look at the promise need not be told a second time.
      settle.promise.catch(() => {});
      return settle;
    },

    // ---- Start (UI thread) ---------------------------------------------------

    // Throws, before anything was allocated, where threads can't share memory.
    requireSharedMemory() {
      try {
        // Some engines have the type on every page, but refuse to post it.
        new MessageChannel().port1.postMessage(new SharedArrayBuffer(1));
        return;
      } catch (e) {
        var reason = `threads can't share memory here (${e.name}: ${e.message}). `;
      }
#if ENVIRONMENT_MAY_BE_WEB || ENVIRONMENT_MAY_BE_WORKER
      reason += globalThis.isSecureContext === false ?
        'The page must come over https, or from localhost.' :
        'The page is not cross-origin isolated: have the server send it with the headers "Cross-Origin-Opener-Policy: same-origin" and "Cross-Origin-Embedder-Policy: require-corp".';
#endif
      throw Deputy.fail(reason);
    },

    // The deputy exists; its worker may not have loaded yet.
    created() {
      Deputy.isCreated = true;
#if DEPUTY_START_TIMEOUT
      Deputy.timer = setTimeout(() => Deputy.fail(
        'its worker gave no sign of life within {{{ DEPUTY_START_TIMEOUT }}} ms. Look for a request of ' + Deputy.scriptUrl() + ' that is still pending, or give slow networks more time with -sDEPUTY_START_TIMEOUT=<ms>.'
      ), {{{ DEPUTY_START_TIMEOUT }}});
#endif
    },

    // The URL that workers load.
    scriptUrl() {
#if expectToReceiveOnModule('mainScriptUrlOrBlob')
      var given = Module['mainScriptUrlOrBlob'];
      if (typeof given == 'string') return globalThis.location ? new URL(given, location.href).href : given;
      if (given) return 'blob:';
#endif
      return _scriptName;
    },

#if MAIN_MODULE
    // UI thread. Of a side module that is loaded before the deputy, which runs them.
    addConstructors(init) {},

    // Deputy.
    runConstructors() {
      for (var [name, { exports }] of Object.entries(LDSO.loadedLibsByName)) {
        if (name != '__main__') exports['__wasm_call_ctors']?.();
      }
    },
#endif

    // The page calls something. Where main() is put off (noInitialRun), the deputy serves, and
    // runs main() when the page calls that.
    serve() {
#if expectToReceiveOnModule('noInitialRun') || !INVOKE_RUN
      if (Deputy.isCreated || !Deputy.hasRuntime() || !({{{ makeModuleReceiveExpr('noInitialRun', !INVOKE_RUN) }}})) return;
      {{{ runtimeKeepalivePush() }}}
      __emscripten_deputy_serve();
#endif
    },

    // Static constructors have run; main() is next.
    running() {
      if (Deputy.failure) return;
      Deputy.isStarted = true;
#if EMBIND
      // What the constructors have registered, on the deputy.
      __embind_initialize_bindings();
      {{{ EMBIND_GEN_MODE ? '' : 'DeputyEmbind.wrap();' }}}
#endif
      Deputy.started.resolve();
      DeputyPool.grow();
#if expectToReceiveOnModule('onRuntimeInitialized') && (expectToReceiveOnModule('noInitialRun') || INVOKE_RUN)
#if expectToReceiveOnModule('noInitialRun')
      if ({{{ makeModuleReceiveExpr('noInitialRun', !INVOKE_RUN) }}}) return;
#endif
      try {
        Deputy.onRuntimeInitialized?.call(Module);
      } catch (e) {
        // As upstream: main() does not follow, and the page's calls are served.
        Deputy.exited.reject(e);
        throw e;
      }
      __emscripten_deputy_page_is_ready();
#endif
    },

    // Whether static constructors have run, while C can be called. That main() has begun is
    // said through the mailbox, and may come later than what it does.
    hasStarted: () => Deputy.isStarted || Deputy.hasRuntime() && !!__emscripten_deputy_has_started(),

    // The program is over; in a page the deputy goes on serving, unless its threads were ended
    // (EXIT_RUNTIME, emscripten_force_exit()).
    exit(status, hasStarted) {
      if ({{{ ENVIRONMENT_IS_WORKER_THREAD() }}}) return;
      DeputyProxy.writeRest();
      Deputy.exited.resolve(status);
      DeputyPool.release();
      var why = new Error(`the program has ended, with status ${status}`);
      if (!hasStarted && !Deputy.failure) {
        // By a static constructor. Nobody will serve.
        Deputy.failure = why;
        Deputy.started.reject(why);
        DeputyPool.settleReservations(why);
      }
#if !EXIT_RUNTIME
      else if (!DeputyPool.isClosed) return;
#endif
      // (What says so may be on its way, and come no more.)
      Deputy.started.resolve();
      Deputy.end(why);
#if ASYNCIFY == 2
      DeputyJspi.close(new ExitStatus(status));
#endif
    },

    // Calls `exit`, which ends the program, when it is known what threads died of: an exit
    // goes through shared memory, and overtakes what workers send.
    exitAfterCrashes(exit) {
      if (Deputy.crashesTold >= __emscripten_deputy_crashes()) return exit();
      Deputy.exits.push(exit);
      Deputy.exitTimer ||= setTimeout(() => {
        // Its worker was ended by others, say.
        Deputy.crashed({ message: 'a thread has crashed, and its worker has not said of what' });
        Deputy.exitNow();
      }, {{{ LAST_WORDS_MS }}});
    },

    crashTold() {
      // (Upstream's handler of the event, which in Node.js ends the process, comes first.)
      if (++Deputy.crashesTold >= __emscripten_deputy_crashes()) setTimeout(Deputy.exitNow);
    },

    exitNow() {
      clearTimeout(Deputy.exitTimer);
      Deputy.exitTimer = 0;
      for (var exit of Deputy.exits.splice(0)) callUserCallback(exit);
    },

    // No thread is alive: main() ended its own by pthread_exit(), and the last of the
    // others has followed.
    quiet() {
      // Not where the last of them has crashed: the program has no status then, and in
      // Node.js the error is on its way.
      if (Deputy.hasCrashed) return;
      callUserCallback(() => exitOnMainThread(0));
    },

    // Reports, once, that the program can't start. Returns the Error.
    fail(reason) {
      if (Deputy.failure || Deputy.isStarted) return reason;
      clearTimeout(Deputy.timer);
      Deputy.failure = new Error(`the deputy thread could not be started: ${reason}`, { cause: reason });
      err(Deputy.failure.message);
      Deputy.started.reject(Deputy.failure);
      Deputy.exited.reject(Deputy.failure);
      // What was given up must not begin after all.
      DeputyPool.close(Deputy.hasCrashed);
      Deputy.end(Deputy.failure);
      return Deputy.failure;
    },

    // Any thread: upstream's run(), which on the UI thread may throw, from a static
    // constructor for example.
    guard(run) {
      if ({{{ ENVIRONMENT_IS_WORKER_THREAD() }}}) return run();
      var threw = (e) => {
        throw Deputy.fail(e);
      };
      // What the page has called before.
      var serve = () => {
        if (DeputyCall.backlog.length) Deputy.serve();
      };
      try {
        DeputyCall.wrapExports();
        var running = run();
        serve();
      } catch (e) {
        threw(e);
      }
      return running?.then(serve).catch(threw);
    },

    // Any thread. The runtime aborts, and throws when this returns; a pthread's
    // abort is reported like any other of its deaths.
    aborted(what) {
      if ({{{ ENVIRONMENT_IS_WORKER_THREAD() }}}) return;
      Deputy.fail(what);
      Deputy.crashed({ name: 'RuntimeError', message: what });
      // Threads that wait for something must not wait for ever.
      DeputyPool.close();
      Deputy.end(new Error(`the program has aborted: ${what}`));
#if ASYNCIFY == 2
      DeputyJspi.close(new WebAssembly.RuntimeError(what));
#endif
    },

    // ---- Faults of a worker (UI thread) --------------------------------------

    // Listens to a worker from its creation on, before upstream's own handlers.
    watch(worker) {
      // In browsers a crash is told by a message, and by an error event, which page JavaScript
      // may listen for as well. Either may come first.
      var told = 0;
      var tell = () => {
        if (++told == 2) Deputy.crashTold();
      };
      var listen = (type, handler) => {
#if ENVIRONMENT_MAY_BE_NODE
        if (ENVIRONMENT_IS_NODE) return worker.on(type, handler);
#endif
        worker.addEventListener(type, handler);
      };
      listen('message', (e) => {
        var message = e.data ?? e;
        if (message.deputyCrash) {
          Deputy.crashed(message.deputyCrash);
          DeputyCall.close((channel) => channel.worker == worker, `the thread that served it has crashed: ${message.deputyCrash.message}`);
        }
        if (message.deputyPool == 'crashed' && !ENVIRONMENT_IS_NODE) tell();
        if (message.deputyAnswered) DeputyCall.channels.filter(({ ring }) => ring == message.deputyAnswered).forEach(DeputyCall.receive);
        DeputyPool.receive(worker, message);
      });
      listen('error', (e) => {
#if ENVIRONMENT_MAY_BE_NODE
        // Whatever was thrown, not only Errors.
        if (ENVIRONMENT_IS_NODE) {
          Deputy.crashed(e instanceof Error ? e : { message: String(e) });
          return Deputy.crashTold();
        }
#endif
        // A script that did not load fires a bare Event: no message, no line.
        if (e.message !== undefined) {
          Deputy.crashed(e.error ?? e);
          return tell();
        }
        e.stopImmediatePropagation();
        Deputy.lost(worker);
      });
#if ENVIRONMENT_MAY_BE_NODE
      // Browsers don't tell of a worker that dies.
      if (ENVIRONMENT_IS_NODE) listen('exit', () => Deputy.lost(worker));
#endif
    },

    lost(worker) {
      DeputyCall.close((channel) => channel.worker == worker, 'the worker of the thread that served it has ended');
      DeputyPool.lost(worker);
    },

    // A thread died. Rejects `exited` with its name, message and stack.
    crashed({ name, message, stack }) {
      Deputy.hasCrashed = true;
      if (Deputy.hasStarted()) {
        Deputy.isStarted = true;
        Deputy.started.resolve();
      }
      DeputyProxy.writeRest();
      var error = new Error(message);
      if (name) error.name = name;
      if (stack) error.stack = stack;
      Deputy.fail(message);
      Deputy.exited.reject(error);
    },

    async notLoaded() {
      Deputy.fail(await Deputy.whyNotLoaded(Deputy.scriptUrl()));
    },

    // The error event of a script that did not load doesn't say why, and the event
    // of a Content-Security-Policy violation may come after what it prevented.
    async whyNotLoaded(url) {
#if !EXPORT_ES6
      if (!url) {
        return "the program's script does not know where it came from, as it was not loaded by a <script> of its own: name it by Module.mainScriptUrlOrBlob (which -sINCOMING_MODULE_JS_API must list).";
      }
#endif
      try {
        var response = await fetch(url, { signal: AbortSignal.timeout?.(3000) });
        response.body?.cancel('its headers say it');
      } catch (e) {
        response = null;
      }
      if (Deputy.cspViolation && url.startsWith(Deputy.cspViolation.blockedURI)) {
        return `the page's Content-Security-Policy (${Deputy.cspViolation.effectiveDirective}) does not allow a worker from ${url}. Add ${url.startsWith('blob:') ? 'blob:' : 'its origin'} to worker-src.`;
      }
      if (Deputy.refusal) {
        return `the browser refused a worker: ${Deputy.refusal}`;
      }
      if (!response) {
        return `its worker script ${url} can't be reached.`;
      }
      if (!response.ok) {
        return `its worker script ${url} was answered with HTTP status ${response.status}. The program's .js file must stay where the page loaded it from, or be named by Module.mainScriptUrlOrBlob (which -sINCOMING_MODULE_JS_API must list).`;
      }
      if (!response.headers.get('Cross-Origin-Embedder-Policy')) {
        return `its worker script ${url} was answered without the header "Cross-Origin-Embedder-Policy: require-corp".`;
      }
#if EXPORT_ES6
      // (Upstream's way to load it, which bundlers are to recognize; where this file has another name, one has been at work.)
      if (!url.endsWith('/{{{ TARGET_JS_NAME }}}')) {
        return `its worker script {{{ TARGET_JS_NAME }}} can't be loaded: see the console. The bundler that has made ${url} must emit it beside, as asked by new Worker(new URL('{{{ TARGET_JS_NAME }}}', import.meta.url)).`;
      }
#endif
      return `its worker script ${url} was refused by the browser: see the console. It must come from the page's own origin, with a JavaScript MIME type.`;
    },
  },

  // ---- Called by deputy_main.cpp ---------------------------------------------

  // Not proxied. As upstream, not a main() that -sEXPORTED_FUNCTIONS does not list; but
  // that of a side module, which is known at run time only.
  _emscripten_deputy_runs_main_js__sig: 'i',
  _emscripten_deputy_runs_main_js: () => {{{ +(EXPECT_MAIN || !!MAIN_MODULE) }}},

  // Whether Module.onRuntimeInitialized is to come before main().
  _emscripten_deputy_page_waits_js__deps: ['$Deputy'],
  _emscripten_deputy_page_waits_js__sig: 'i',
#if expectToReceiveOnModule('onRuntimeInitialized')
  _emscripten_deputy_page_waits_js: () => !!Deputy.onRuntimeInitialized && !({{{ makeModuleReceiveExpr('noInitialRun', !INVOKE_RUN) }}}),
#else
  _emscripten_deputy_page_waits_js: () => 0,
#endif

  _emscripten_deputy_created_js__deps: ['$Deputy'],
  _emscripten_deputy_created_js__sig: 'v',
  _emscripten_deputy_created_js: () => Deputy.created(),

  _emscripten_deputy_not_created_js__deps: ['$Deputy'],
  _emscripten_deputy_not_created_js__sig: 'vi',
  _emscripten_deputy_not_created_js: (error) => {
    switch (error) {
      case {{{ cDefs.EAGAIN }}}:
        return Deputy.fail('there is no memory for its stack of STACK_SIZE ({{{ STACK_SIZE }}}) bytes: raise -sINITIAL_MEMORY, or allow -sALLOW_MEMORY_GROWTH.');
#if OFFSCREENCANVAS_SUPPORT
      case {{{ cDefs.EINVAL }}}:
      case {{{ cDefs.EPERM }}}:
        return Deputy.fail('a canvas of -sOFFSCREENCANVASES_TO_PTHREAD ({{{ OFFSCREENCANVASES_TO_PTHREAD }}}) could not be transferred to it, as printed above.');
#endif
      default:
        return Deputy.fail(`pthread_create failed with errno ${error}.`);
    }
  },

  // It runs; its static constructors may take their time.
  _emscripten_deputy_alive_js__deps: ['$Deputy'],
  _emscripten_deputy_alive_js__sig: 'v',
  _emscripten_deputy_alive_js__proxy: 'async',
  _emscripten_deputy_alive_js: () => clearTimeout(Deputy.timer),

#if MAIN_MODULE
  // Not proxied.
  _emscripten_deputy_constructors_js__deps: ['$Deputy', '$LDSO'],
  _emscripten_deputy_constructors_js__sig: 'v',
  _emscripten_deputy_constructors_js: () => Deputy.runConstructors(),

#else
  _emscripten_deputy_constructors_js__sig: 'v',
  _emscripten_deputy_constructors_js: () => {},
#endif

  // Not proxied. The linker finds a weak main() neither in libraries that are opened, nor by
  // three parameters: it has one type for a name. Returns whether there is one.
#if MAIN_MODULE
  _emscripten_deputy_run_other_main_js__deps: ['$resolveGlobalSymbol'],
#endif
  _emscripten_deputy_run_other_main_js__sig: 'iippp',
#if ASYNCIFY == 1
  // What unwinds in there is called again to go on.
  _emscripten_deputy_run_other_main_js__async: true,
#endif
  _emscripten_deputy_run_other_main_js: (argc, argv, envp, status) => {
    var main = {{{ MAIN_MODULE ? "resolveGlobalSymbol('main').sym" : "Module['_main']" }}};
    if (!main) return 0;
    var result = main(argc, {{{ to64('argv') }}}, {{{ to64('envp') }}});
    {{{ makeSetValue('status', 0, 'result', 'i32') }}};
    return 1;
  },

  _emscripten_deputy_started_js__deps: ['$Deputy',
#if EMBIND
    '_embind_initialize_bindings',
#endif
  ],
  _emscripten_deputy_started_js__sig: 'v',
  _emscripten_deputy_started_js__proxy: 'async',
  _emscripten_deputy_started_js: () => Deputy.running(),

  // The page calls main() of a program that serves.
  _emscripten_deputy_main_follows_js__deps: ['$Deputy', '$DeputyPool', '$runtimeKeepalivePop'],
  _emscripten_deputy_main_follows_js__sig: 'v',
  _emscripten_deputy_main_follows_js: () => {
    // What callMain() has done as well.
    {{{ runtimeKeepalivePop() }}}
    Deputy.isMainCalled = true;
    DeputyPool.hold();
  },

  // Deputy: as upstream's $invokeEntryPoint.
  _emscripten_deputy_main_returned_js__sig: 'vi',
  _emscripten_deputy_main_returned_js: (status) => {
    EXITSTATUS = status;
  },

  // There is no main(), or the page has not called it, which it may have by now.
  _emscripten_deputy_idle_js__deps: ['$Deputy'],
  _emscripten_deputy_idle_js__sig: 'vi',
  _emscripten_deputy_idle_js__proxy: 'async',
  _emscripten_deputy_idle_js: (mainMayFollow) => {
    if (!mainMayFollow || !Deputy.isMainCalled) DeputyPool.release();
  },
};

// ---- Upstream's functions, changed -------------------------------------------

// Moves an upstream function to `to`, for the one that takes its name to call.
function moveUpstream(from, to, library = LibraryDeputy) {
  for (var suffix of ['', '__deps', '__docs']) {
    if (from + suffix in LibraryManager.library) {
      library[to + suffix] = LibraryManager.library[from + suffix];
    }
  }
}

moveUpstream('$invokeEntryPoint', '$runEntryPoint');
moveUpstream('$handleException', '$handleExitOrThrow');
moveUpstream('$exitJS', '$exitProgram');
moveUpstream('$maybeExit', '$maybeExitThread');
moveUpstream('$makePromiseCallback', '$makeCallbackOfPromise');
moveUpstream('proc_exit', '$procExit');
moveUpstream('clock_time_get', '$readClock');

Object.assign(LibraryDeputy, {
  // ---- Start (UI thread)

  // Where there is no memory to be had, the script throws before there are workers that
  // nobody would end. And `new Worker` may throw while a pool is loaded ahead of main():
  // the deputy's own will too, and that is reported.
  $PThread__postset: () => addAtModule('try { PThread.init(); } catch (e) { Deputy.refusal = e; }'),

  // ---- Faults (pthreads)

  // A thread that dies tells the page of what, with its own stack, which a worker's
  // error event doesn't carry. Returns what to throw: exceptions of C++ are not
  // Errors, and can't be cloned or printed.
  $deputyReportCrash__deps: ['$ExitStatus', '$DeputyPool'],
  $deputyReportCrash: (e) => {
    if (e === 'unwind' || e instanceof ExitStatus) return e;
    var isWasm = globalThis.WebAssembly?.Exception && e instanceof WebAssembly.Exception;
    if (isWasm || !(e instanceof Error)) {
      var { message, stack } = e ?? {};
      // Where upstream knows them, `message` is type and what().
      if (isWasm && !Array.isArray(message)) message = null;
      var isCxx = isWasm || typeof e == 'number' || typeof e == 'bigint';
      e = new Error(message ? [].concat(message).join(': ') : `uncaught exception (${e})${isCxx ? '; link with -sEXCEPTION_STACK_TRACES to see which' : ''}`);
      if (stack) e.stack = stack;
    }
    postMessage({ deputyCrash: { name: e.name, message: e.message, stack: e.stack } });
    DeputyPool.crash();
    return e;
  },

  // From a thread's entry point.
  $invokeEntryPoint__deps: ['$runEntryPoint', '$deputyReportCrash'],
  $invokeEntryPoint: {{{ asyncIf(ASYNCIFY == 2) }}}(ptr, arg) => {
    try {
      {{{ awaitIf(ASYNCIFY == 2) }}}runEntryPoint(ptr, arg);
    } catch (e) {
      throw deputyReportCrash(e);
    }
  },

  // From a callback at a thread's event loop.
  $handleException__deps: ['$handleExitOrThrow', '$deputyReportCrash'],
  $handleException: (e) => handleExitOrThrow(ENVIRONMENT_IS_PTHREAD ? deputyReportCrash(e) : e),

  // ---- Time

  // Any thread. What stands for CPU time counts from the program's start, as it does without
  // threads. With them all clocks of upstream's count from the epoch: too far for clock().
  clock_time_get__deps: ['$readClock', '$Deputy', 'emscripten_get_now'],
  clock_time_get: (id, precision, time) => {
    if (!Deputy.timeOrigin || id != {{{ cDefs.__WASI_CLOCKID_PROCESS_CPUTIME_ID }}} && id != {{{ cDefs.__WASI_CLOCKID_THREAD_CPUTIME_ID }}}) {
      return readClock(id, precision, time);
    }
    var nsec = Math.round((_emscripten_get_now() - Deputy.timeOrigin) * 1e6);
    {{{ makeSetValue('time', 0, 'nsec', 'i64') }}};
    return 0;
  },

  // ---- Exit

  // UI thread. exit() comes through shared memory and overtakes the messages of the
  // workers that it ends: upstream complains of each.
  $terminateWorker: (worker) => {
    worker.terminate();
    worker.onmessage = () => {};
  },

  // callMain's implicit exit only says that the UI thread has nothing more to do. The
  // deputy may be printing already, and upstream's look for output that was not
  // flushed would swallow it.
  $exitJS__deps: ['$exitProgram'],
  $exitJS__docs: '/** @param {boolean|number=} implicit */',
  $exitJS: (status, implicit) => {
    if (ENVIRONMENT_IS_PTHREAD || !implicit || status) exitProgram(status, implicit);
  },

  // Any thread. The UI thread gets here for every exit() of the program, also of
  // a pthread's (upstream's $exitOnMainThread).
  exit__deps: ['$exitProgram', '$Deputy', '$DeputyCall', 'emscripten_is_deputy_thread', '$runtimeKeepalivePush',
    '_emscripten_deputy_begin_exit', '_emscripten_deputy_leave_batch',
#if EXIT_RUNTIME
    '__funcs_on_exit',
#if ASYNCIFY == 1 && ASSERTIONS
    '$Asyncify',
#endif
#else
    '_emscripten_deputy_end_exit',
#endif
  ],
  exit: (status) => {
    // That, too, goes through the UI thread.
    __emscripten_deputy_leave_batch();
    // Files are flushed: others print again when that is done.
    __emscripten_deputy_begin_exit();
    if (ENVIRONMENT_IS_PTHREAD) {
      DeputyCall.status = status;
#if EXIT_RUNTIME
#if ASYNCIFY == 1 && ASSERTIONS
      // What sleeps in one of them can't return to exit().
      Asyncify.state = Asyncify.State.Disabled;
#endif
      // On the thread that called exit(), as everywhere: what an atexit() handler
      // waits for must not freeze the page. The UI thread then finds none left.
      ___funcs_on_exit();
#endif
      // The deputy outlives main(): it goes back to its event loop and serves.
      if (_emscripten_is_deputy_thread()) {{{ runtimeKeepalivePush() }}};
      exitProgram(status);
    }
    var hasStarted = Deputy.hasStarted();
    try {
      // "Implicit" unless the runtime shuts down: upstream else warns that it
      // does not.
      exitProgram(status, /* implicit = */ {{{ !EXIT_RUNTIME }}});
    } finally {
#if !EXIT_RUNTIME
      __emscripten_deputy_end_exit();
#endif
      Deputy.exit(status, hasStarted);
    }
  },

  // UI thread, for a pthread. After main() the runtime stays, and so may whoever calls
  // exit() again: upstream takes it for the first.
  $exitOnMainThread__deps: ['exit', '$runtimeKeepaliveCounter', '$runtimeKeepalivePop'],
  $exitOnMainThread__proxy: 'async',
  $exitOnMainThread: (returnCode) => Deputy.exitAfterCrashes(() => {
    if (runtimeKeepaliveCounter) {{{ runtimeKeepalivePop() }}};
    _exit(returnCode);
  }),

  // Deputy. main() has returned and the last thing that it left running is done.
  $maybeExit__deps: ['$maybeExitThread', '$handleException', '$keepRuntimeAlive', 'exit', 'emscripten_is_deputy_thread'],
  $maybeExit: () => {
    // _Exit() has ended the program, without its atexit() handlers: upstream's would end it again,
    // with them.
    if (ABORT) return;
#if ASYNCIFY == 2
    if (DeputyPool.isEntered) return;
#endif
    if (!ENVIRONMENT_IS_PTHREAD || keepRuntimeAlive() || !_emscripten_is_deputy_thread()) {
      return maybeExitThread();
    }
    try {
      // No status where main() was left by an unwind, by emscripten_set_main_loop say.
      _exit(EXITSTATUS ?? 0);
    } catch (e) {
      handleException(e);
    }
  },

  // Any thread. What emscripten_promise_then() calls may be the last thing that the thread
  // was running for. (A page's own thread needs no end, and upstream's looks for none.)
  $makePromiseCallback__deps: ['$makeCallbackOfPromise', '$maybeExit'],
  $makePromiseCallback: (callback, userData) => {
    var call = makeCallbackOfPromise(callback, userData);
    if (!call || !ENVIRONMENT_IS_PTHREAD) return call;
    return (value) => {
      try {
        return call(value);
      } finally {
        maybeExit();
      }
    };
  },

  // Any thread: _Exit() and quick_exit(). Upstream's is a synchronous call to the
  // UI thread, which never answers.
  proc_exit__deps: ['$procExit', '$procExitOnMainThread', '$runtimeKeepaliveCounter', '_emscripten_deputy_leave_batch'],
  proc_exit__proxy: 'none',
  proc_exit: (status) => {
    if (ENVIRONMENT_IS_PTHREAD) {
      __emscripten_deputy_leave_batch();
      procExitOnMainThread(status);
      // Nothing of the program's runs here any more, what waits at the event loop neither:
      // raise() has let go of it, and it would count down.
      ABORT = true;
      runtimeKeepaliveCounter = Infinity;
      throw 'unwind';
    }
    procExit(status);
  },

  $procExitOnMainThread__deps: ['$procExit', '$Deputy', '$runtimeKeepaliveCounter', '$runtimeKeepalivePop'],
  $procExitOnMainThread__proxy: 'async',
  $procExitOnMainThread: (status) => Deputy.exitAfterCrashes(() => {
    if (runtimeKeepaliveCounter) {{{ runtimeKeepalivePop() }}};
    var hasStarted = Deputy.hasStarted();
    try {
      procExit(status);
    } finally {
      Deputy.exit(status, hasStarted);
    }
  }),
});

autoAddDeps(LibraryDeputy, '$Deputy');
addToLibrary(LibraryDeputy);
