/**
 * @license
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Room `pool`: the two ends of a conversation between the UI thread, which starts and
 * ends workers, and the workers, which run one thread after the other. The threads
 * themselves come and go through shared memory: system/lib/deputy/worker_pool.cpp,
 * whose head has the way of a thread.
 *
 * Messages, besides upstream's:
 *
 *   UI -> worker   place, in CMD_LOAD   its slot and its idle stack
 *                  deputyObjects        what a thread gets that can't be in memory
 *   worker -> UI   deputyPool: 'loaded'   I can be had
 *                              'grow'     workers are missing
 *                              'objects'  `thread` waits for its objects
 *                              'left'     retired: end me
 *                              'crashed'  my thread died: end me
 *                              'quiet'    no thread is alive
 */

#if !DEPUTY_THREAD
#error "Internal error! DEPUTY_THREAD should be enabled when including libdeputy_pool.js."
#endif

{{{
  // Of the stack of an idle worker, which runs worker_pool.cpp and nothing else.
  const IDLE_STACK_SIZE = 1024;
  // What next(), woken() and resume() in worker_pool.h return besides the index of a
  // thread, and what says that there is none.
  const PARK = -1;
  const LEAVE = -2;
  const NONE = -1;
  // FIGURES: the place of a figure in Module.deputy.pool; up to the timeout they can be
  // changed.
  const SIZE = 0;
  const SPARE = 1;
  const MAX = 2;
  const IDLE_TIMEOUT = 3;
  const LIVE = 6;
  // Of ThreadStart in worker_pool.cpp.
  const START_SIZE = 4 * POINTER_SIZE;
  // WorkerPool::PARKED and ::RETRY.
  const PARKED = 4;
  const RETRY = -2;
  // How long an idle worker blocks before it goes to its event loop, where waking it
  // costs more; and how long it runs one thread after the other before it looks in
  // there, for messages. The longest slice of an engine that loses wakes there.
  const HOT_MS = 2;
  const TRIP_MS = 100;
  const LONGEST_SLICE_MS = 1000;
  // How long a wake that was lost is lost, where an event brings it back.
  const STIR_MS = 50;
  // How many workers load at a time: more of them load no sooner, and each takes its part
  // of the cores from the UI thread.
  const LOADING_PER_CORE = 8;
  // A worker that could not be loaded is tried again after 100 ms, then 200.
  const ATTEMPTS = 3;
  const RETRY_MS = 100;
  // How long a worker whose thread crashed may take to say why.
  const CRASH_MS = 1000;
}}}

var LibraryDeputyPool = {
  $DeputyPool__deps: [
    '_emscripten_deputy_pool_answer', '_emscripten_deputy_pool_bury', '_emscripten_deputy_pool_crashed',
    '_emscripten_deputy_pool_loaded', '_emscripten_deputy_pool_next', '_emscripten_deputy_pool_open',
    '_emscripten_deputy_pool_may_shrink', '_emscripten_deputy_pool_refuse', '_emscripten_deputy_pool_request',
    '_emscripten_deputy_pool_resign', '_emscripten_deputy_pool_resume', '_emscripten_deputy_returned',
    '_emscripten_deputy_pool_set_cores', '_emscripten_deputy_pool_shrink', '_emscripten_deputy_pool_slot_of', '_emscripten_deputy_pool_starts', '_emscripten_deputy_pool_thread_of',
    '_emscripten_deputy_pool_vacate', '_emscripten_deputy_pool_woken', '_emscripten_deputy_pool_word',
    '_emscripten_deputy_has_mail', '_emscripten_deputy_thread_crashed', '_emscripten_deputy_thread_hold', '_emscripten_deputy_thread_set_wait_async',
    '_emscripten_deputy_pool_change', '_emscripten_deputy_pool_figure', '_emscripten_deputy_pool_ready',
    '_emscripten_check_mailbox', '$deputyLeaveMailbox', '_emscripten_thread_init', '_emscripten_thread_mailbox_await',
    'emscripten_is_deputy_thread', 'emscripten_stack_set_limits', 'pthread_self', 'emscripten_builtin_malloc',
    '$checkMailbox', '$deputyReportCrash', '$establishStackSpace', '$handleException', '$invokeEntryPoint', '$runtimeKeepaliveCounter', '$stackRestore', '$terminateWorker', '$waitAsyncPolyfilled',
#if WASMFS
    '$wasmFSPreloadingFlushed',
#endif
#if ASYNCIFY == 1
    '$Asyncify',
#endif
  ],
  $DeputyPool__postset: () => {
    addAtPostCtor('DeputyPool.configure();');
    return 'PThread.pthreads = DeputyPool.pthreads();';
  },
  $DeputyPool: {
    // ---- UI thread -------------------------------------------------------------

    // The Workers by slot; the idle stacks of slots, which outlive them.
    workers: [],
    idleStacks: [],
    isClosed: false,
    // Loads that failed one after the other, and the timers that wait.
    failures: 0,
    retryTimer: 0,
    shrinkTimer: 0,
    watchedTimeout: 0,
    // By thread: what it gets by message.
    objects: {},
    // Whether workers keep Node.js alive.
    holds: true,
    // Of reserve(): { wanted, resolve, reject }.
    reservations: [],

    // The runtime's static constructors have run.
    configure() {
      var size = {{{ PTHREAD_POOL_SIZE }}};
      DeputyPool.stir();
      __emscripten_deputy_thread_set_wait_async(!waitAsyncPolyfilled);
      __emscripten_deputy_pool_set_cores(DeputyPool.cores());
      __emscripten_deputy_pool_change({{{ MAX }}}, {{{ PTHREAD_POOL_SIZE_MAX }}});
      __emscripten_deputy_pool_change({{{ IDLE_TIMEOUT }}}, {{{ PTHREAD_POOL_IDLE_TIMEOUT }}});
      __emscripten_deputy_pool_change({{{ SIZE }}}, size);
      __emscripten_deputy_pool_change({{{ SPARE }}}, {{{ PTHREAD_POOL_SPARE < 0 ? 'Math.min(4, Math.ceil(DeputyPool.cores() / 2))' : PTHREAD_POOL_SPARE }}});
      Module['pthreadPoolReady'] = new Promise((resolve, reject) => DeputyPool.reservations.push({ wanted: size, resolve, reject }));
      Module['pthreadPoolReady'].catch(() => {});
    },

    // That this process may run on.
    cores() {
#if ENVIRONMENT_MAY_BE_NODE
      if (ENVIRONMENT_IS_NODE) {
        var os = require('node:os');
        // (Since 18.14.)
        return os['availableParallelism']?.() ?? os['cpus']().length;
      }
#endif
      // (Safari has it since 15.4.)
      return navigator.hardwareConcurrency || 2;
    },

    loading: () => DeputyPool.workers.filter((worker) => worker && !worker.isLoaded).length,

    // Starts the workers that are missing; those ahead of need when the deputy runs.
    grow() {
      if (DeputyPool.isClosed || DeputyPool.retryTimer) return;
      Deputy.refusal = null;
      var room = {{{ LOADING_PER_CORE }}} * DeputyPool.cores() - DeputyPool.loading();
      // (Of those that are left out: 'loaded' looks again.)
      for (var missing = Math.min(room, __emscripten_deputy_pool_answer(Deputy.isStarted)); missing > 0; missing--) {
        try {
          if (!PThread.unusedWorkers.length) PThread.allocateUnusedWorker();
        } catch (e) {
          Deputy.refusal = e;
          return DeputyPool.failed();
        }
        var slot = __emscripten_deputy_pool_open();
        // All are in use, with those of workers that have not left yet: 'left' looks again.
        if (slot == {{{ NONE }}}) break;
        var worker = PThread.unusedWorkers.shift();
        if (!DeputyPool.settle(worker, slot)) return DeputyPool.failed();
        PThread.loadWasmModuleToWorker(worker);
      }
      DeputyPool.settleReservations();
      DeputyPool.watchIdle();
    },

    // Returns false when there is no memory.
    settle(worker, slot) {
      worker.slot = slot;
      DeputyPool.workers[slot] = worker;
      worker.strongref = DeputyPool.holds || DeputyPool.reservations.length > 0;
      if (DeputyPool.idleStacks[slot] ||= _emscripten_builtin_malloc({{{ IDLE_STACK_SIZE }}})) return true;
      Deputy.refusal = new Error('there is no memory for its stack');
      DeputyPool.end(worker);
      DeputyPool.bury(worker);
    },

    // What a new worker is told besides the module and the memory.
    place: ({ slot }) => ({ slot, idleStack: DeputyPool.idleStacks[slot], timeOrigin: Deputy.timeOrigin }),

    // A Worker has said something.
    receive(worker, { deputyPool, thread, isDeputy }) {
      if (DeputyPool.isClosed) return;
      switch (deputyPool) {
        case 'loaded':
          worker.isLoaded = true;
          DeputyPool.failures = 0;
          // fallthrough
        case 'grow':
          DeputyPool.grow();
          break;
        case 'objects': {
          var { moduleCanvasId, offscreenCanvases, transferList } = DeputyPool.objects[thread];
          delete DeputyPool.objects[thread];
          worker.postMessage({ deputyObjects: { moduleCanvasId, offscreenCanvases } }, transferList);
          break;
        }
        case 'left':
          DeputyPool.end(worker);
          __emscripten_deputy_pool_vacate(worker.slot);
          DeputyPool.grow();
          break;
        case 'crashed':
          DeputyPool.lost(worker, thread, isDeputy);
          break;
        case 'quiet':
          Deputy.quiet();
      }
    },

    end(worker, delay = 0) {
      delete DeputyPool.workers[worker.slot];
      worker.isEnded = true;
      var timer = setTimeout(() => terminateWorker(worker), delay);
#if ENVIRONMENT_MAY_BE_NODE
      timer.unref?.();
#endif
    },

    // The worker runs no more: its thread has `crashed`, its script did not load, or it was
    // terminated. Its thread ends, and others go on.
    lost(worker, crashed = 0, isDeputy = false) {
      if (worker.isEnded || DeputyPool.isClosed) return;
      // What a thread died of is on its way as an event of its worker.
      DeputyPool.end(worker, worker.isLoaded ? {{{ CRASH_MS }}} : 0);
      if (worker.slot === undefined) {
        PThread.unusedWorkers = PThread.unusedWorkers.filter((w) => w != worker);
      } else {
        var thread = worker.isLoaded && __emscripten_deputy_pool_thread_of(worker.slot);
        if (isDeputy || thread && thread == Module['deputy']['thread']) {
          if (!crashed) {
            // First: with its thread the last one may end, which else is an end like others.
            var error = new Error("the deputy's worker has ended");
            Deputy.crashed(error);
          }
          DeputyPool.release();
        }
        DeputyPool.bury(worker);
      }
      if (!worker.isLoaded) DeputyPool.failed();
      if (error) throw error;
    },

    bury(worker, delay = 1) {
      if (__emscripten_deputy_pool_bury(worker.slot) == {{{ RETRY }}}) {
        setTimeout(() => DeputyPool.bury(worker, Math.min(2 * delay, 1000)), delay);
      } else if (worker.isLoaded) {
        DeputyPool.grow();
      }
    },

    // A worker could not be had. Those that wait for one get it later, or an error.
    async failed() {
      // Of many that were started together the last decides.
      if (DeputyPool.retryTimer || DeputyPool.loading()) return;
      if (!Deputy.isStarted) return Deputy.notLoaded();
      if (++DeputyPool.failures < {{{ ATTEMPTS }}}) {
        DeputyPool.retryTimer = setTimeout(() => {
          DeputyPool.retryTimer = 0;
          DeputyPool.grow();
        }, {{{ RETRY_MS }}} << (DeputyPool.failures - 1));
        return;
      }
      DeputyPool.failures = 0;
      var ended = __emscripten_deputy_pool_refuse();
      var size = __emscripten_deputy_pool_figure({{{ SIZE }}});
      var reason = await Deputy.whyNotLoaded(Deputy.scriptUrl());
      if (DeputyPool.isClosed) return;
#if DEPUTY_CALL_THREADS
      // Threads that were to serve calls, as the rest.
      if (!DeputyCall.channels.length) DeputyCall.closeAll(new Error(`no more workers for pthreads can be had: ${reason}`));
#endif
      err(`no more workers for pthreads can be had: ${reason} ` +
          `${ended} threads that waited for one have ended with PTHREAD_CANCELED; until emscripten_deputy_pool_reserve() ` +
          `or emscripten_deputy_pool_set_max() asks for another try, pthread_create answers EAGAIN beyond ${size} threads.`);
      DeputyPool.settleReservations(new Error(`no more workers for pthreads can be had: ${reason}`));
    },

    // Looks for idle workers after every PTHREAD_POOL_IDLE_TIMEOUT, while there are
    // more than stay in any case.
    watchIdle() {
      var timeout = __emscripten_deputy_pool_figure({{{ IDLE_TIMEOUT }}});
      if (timeout == DeputyPool.watchedTimeout) return;
      clearTimeout(DeputyPool.shrinkTimer);
      DeputyPool.watchedTimeout = __emscripten_deputy_pool_may_shrink() ? timeout : 0;
      if (!DeputyPool.watchedTimeout) return;
      DeputyPool.shrinkTimer = setTimeout(() => {
        if (DeputyPool.isClosed) return;
        DeputyPool.watchedTimeout = 0;
        if (!DeputyPool.reservations.length) __emscripten_deputy_pool_shrink();
        DeputyPool.watchIdle();
      }, timeout);
#if ENVIRONMENT_MAY_BE_NODE
      DeputyPool.shrinkTimer.unref?.();
#endif
    },

    // Any thread for the figures. `Module.deputy.pool`.
    api() {
      var pool = {};
      ['size', 'spare', 'max', 'idleTimeout', 'idle', 'queued', 'live'].forEach((name, place) => {
        Object.defineProperty(pool, name, {
          get: () => runtimeInitialized && !DeputyPool.isClosed ? __emscripten_deputy_pool_figure(place) : 0,
          set: place > {{{ IDLE_TIMEOUT }}} ? undefined : (value) => {
            if (!runtimeInitialized) throw new Error('the pool can be changed when Module.deputy.started has resolved');
            if (__emscripten_deputy_pool_change(place, value)) throw new RangeError(`${value} is not a number of workers, or milliseconds, that the pool can take`);
          },
          enumerable: true,
        });
      });
      if (!{{{ ENVIRONMENT_IS_WORKER_THREAD() }}}) pool['reserve'] = DeputyPool.reserve;
      return pool;
    },

    reserve: (threads) => Deputy.started.promise.then(() => new Promise((resolve, reject) => {
      if (DeputyPool.isClosed) throw new Error('the program has ended');
      // NaN is neither reached nor too much.
      var reservation = { wanted: NaN, resolve, reject };
      DeputyPool.reservations.push(reservation);
      var wanted = __emscripten_deputy_pool_request(threads);
      if (wanted < 0) {
        DeputyPool.reservations.pop();
        throw new RangeError(`there can't be workers for ${threads} more threads: ${__emscripten_deputy_pool_figure({{{ LIVE }}})} are alive, PTHREAD_POOL_SIZE_MAX is ${__emscripten_deputy_pool_figure({{{ MAX }}})}`);
      }
      reservation.wanted = wanted;
      DeputyPool.settleReservations();
    })),

    settleReservations(error = null) {
      DeputyPool.reservations = DeputyPool.reservations.filter(({ wanted, resolve, reject }) => {
        if (error) reject(error);
        else if (__emscripten_deputy_pool_ready() >= wanted) resolve();
        else if (wanted > __emscripten_deputy_pool_figure({{{ MAX }}})) reject(new RangeError(`there can't be ${wanted} workers: PTHREAD_POOL_SIZE_MAX has become less`));
        else return true;
      });
      if (!DeputyPool.holds && !DeputyPool.reservations.length) DeputyPool.release();
    },

    workerOf(thread) {
      var worker = DeputyPool.workers[__emscripten_deputy_pool_slot_of(thread)];
      // Where upstream looks for the way back.
      if (worker) worker.pthread_ptr = thread;
      return worker;
    },

    // Upstream's PThread.pthreads, thread to Worker: as it is at this moment.
    pthreads: () => new Proxy({}, {
      get: (_, thread) => DeputyPool.workerOf(+thread),
      has: (_, thread) => !!DeputyPool.workerOf(+thread),
      ownKeys() {
        // Whoever lists the threads may look into their blocks until it returns.
        __emscripten_deputy_thread_hold(true);
        queueMicrotask(() => __emscripten_deputy_thread_hold(false));
        var threads = DeputyPool.workers.map((_, slot) => String(__emscripten_deputy_pool_thread_of(slot)));
        return [...new Set(threads)].filter((thread) => thread > 0);
      },
      getOwnPropertyDescriptor: (_, thread) => ({ value: DeputyPool.workerOf(+thread), enumerable: true, configurable: true }),
    }),

    // The program is over, or its main() has died, or it only serves: Node.js need not stay
    // for it.
    release() {
      DeputyPool.holds = false;
      if (DeputyPool.reservations.length) return;
#if ENVIRONMENT_MAY_BE_NODE
      for (var worker of DeputyPool.workers) {
        if (worker) worker.strongref = false;
        worker?.unref?.();
      }
#endif
    },

    // It serves no more: main() runs.
    hold() {
      DeputyPool.holds = true;
#if ENVIRONMENT_MAY_BE_NODE
      for (var worker of DeputyPool.workers) {
        if (worker) worker.strongref = true;
        worker?.ref?.();
      }
#endif
    },

    // The program has ended, or been given up. Where a thread has crashed, the event that
    // says of what may be on its way.
    close(hasCrashed = false) {
      DeputyPool.settleReservations(new Error('the program has ended'));
      DeputyPool.isClosed = true;
      clearTimeout(DeputyPool.retryTimer);
      clearTimeout(DeputyPool.shrinkTimer);
      clearInterval(DeputyPool.stirTimer);
      for (var worker of [...DeputyPool.workers, ...PThread.unusedWorkers]) {
        if (worker && hasCrashed) DeputyPool.end(worker, {{{ CRASH_MS }}});
        else if (worker) terminateWorker(worker);
      }
      DeputyPool.workers = [];
      PThread.unusedWorkers = [];
    },

    // ---- Worker ----------------------------------------------------------------

    // Its slot, the address of the slot's futex word, its idle stack; the table of
    // threads.
    slot: {{{ NONE }}},
    word: 0,
    starts: 0,
    idleStack: 0,
    // The index of the thread that it runs, or NONE, and the thread; whether messages
    // wake it; whether a waitAsync is under way for them, on the UI thread too.
    index: {{{ NONE }}},
    thread: 0,
    entry: 0,
    arg: 0,
    isArmed: false,
    isAwaiting: false,
    hasEnded: false,
    // Whether its entry point's promise is awaited (JSPI): a callback that comes then,
    // of the thread that ran before, say, must not find that nothing keeps it alive.
    isEntered: false,
    // How many threads have run here.
    turn: 0,
    // When it was last at its event loop, for how long it blocks, and the way there.
    lastTrip: 0,
    slice: {{{ HOT_MS }}},
    stirTimer: 0,

    // It has loaded.
    enter({ slot, idleStack, timeOrigin }) {
      Deputy.timeOrigin = timeOrigin;
      DeputyPool.slot = slot;
      DeputyPool.word = __emscripten_deputy_pool_word(slot);
      DeputyPool.starts = __emscripten_deputy_pool_starts();
      DeputyPool.idleStack = idleStack;
      DeputyPool.lastTrip = performance.now();
      DeputyPool.leaveStack();
      DeputyPool.listen();
      __emscripten_deputy_pool_loaded(slot);
      postMessage({ deputyPool: 'loaded' });
      return DeputyPool.proceed(__emscripten_deputy_pool_next(slot, DeputyPool.slice, {{{ NONE }}}));
    },

    // Runs threads, one after the other, until there is none or one lives on.
    {{{ asyncIf(ASYNCIFY == 2) }}}proceed(next) {
      while (next != {{{ LEAVE }}}) {
        if (next == {{{ PARK }}}) {
          if (DeputyPool.park()) return;
          next = DeputyPool.woken();
        } else {
          if (!DeputyPool.take(next) || !{{{ awaitIf(ASYNCIFY == 2) }}}DeputyPool.run()) return;
          next = DeputyPool.over();
        }
      }
      // Callbacks that are left have no thread to run on.
      ABORT = true;
      postMessage({ deputyPool: 'left' });
    },

    // Whether the thread can run at once. If not, what it gets is on its way.
    take(index) {
      var start = DeputyPool.starts + index * {{{ START_SIZE }}};
      DeputyPool.index = index;
      DeputyPool.thread = {{{ makeGetValue('start', 0, '*') }}};
      DeputyPool.entry = {{{ makeGetValue('start', POINTER_SIZE, '*') }}};
      DeputyPool.arg = {{{ makeGetValue('start', 2 * POINTER_SIZE, '*') }}};
#if OFFSCREENCANVAS_SUPPORT
      if ({{{ makeGetValue('start', 3 * POINTER_SIZE, '*') }}}) {
        self.addEventListener('message', DeputyPool.receiveObjects);
        postMessage({ deputyPool: 'objects', thread: DeputyPool.thread });
        return false;
      }
#endif
      return true;
    },

#if OFFSCREENCANVAS_SUPPORT
    async receiveObjects({ data: { deputyObjects } }) {
      if (!deputyObjects) return;
      self.removeEventListener('message', DeputyPool.receiveObjects);
      PThread.receiveOffscreenCanvases(deputyObjects);
      if ({{{ awaitIf(ASYNCIFY == 2) }}}DeputyPool.run()) DeputyPool.proceed(DeputyPool.over());
    },
#endif

    // Returns whether the thread has ended. If not, it lives on at its event loop.
    {{{ asyncIf(ASYNCIFY == 2) }}}run() {
      var { turn } = DeputyPool;
      establishStackSpace(DeputyPool.thread);
      __emscripten_thread_init(DeputyPool.thread, /*is_main=*/0, /*is_runtime=*/0, /*can_block=*/1, 0, 0);
      PThread.threadInitTLS();
      if (!initializedJS) {
#if EMBIND
        __embind_initialize_bindings();
#endif
        DeputyProxy.takeOutput();
#if WASMFS
        // What FS creates is there at once. (Upstream's keeps it for a start that was the UI
        // thread's.)
        wasmFSPreloadingFlushed = true;
#endif
        initializedJS = true;
      }
#if ASYNCIFY == 2
      // It may be suspended, and be at its event loop, before it returns.
      DeputyPool.arm();
      DeputyPool.isEntered = true;
#endif
      try {
        {{{ awaitIf(ASYNCIFY == 2) }}}invokeEntryPoint(DeputyPool.entry, DeputyPool.arg);
      } catch (e) {
        if (e !== 'unwind') throw e;
      }
#if ASYNCIFY == 2
      DeputyPool.isEntered = false;
#endif
      // Another may have seen it end, while it was suspended.
      if (turn != DeputyPool.turn) return false;
      if (!DeputyPool.hasEnded) DeputyPool.arm();
      return DeputyPool.takeEnd();
    },

    // Whether the thread has ended, and the caller is the first to see it.
    takeEnd() {
      var { hasEnded } = DeputyPool;
      DeputyPool.hasEnded = false;
      return hasEnded;
    },

    // Messages to the thread wake it from now on; it looks once for what came before.
    arm() {
      if (DeputyPool.isArmed) return;
      DeputyPool.isArmed = true;
      __emscripten_deputy_returned();
      DeputyPool.stir();
      __emscripten_thread_mailbox_await(DeputyPool.thread);
      try {
        __emscripten_check_mailbox();
      } catch (e) {
        handleException(e);
      } finally {
        deputyLeaveMailbox();
      }
    },

    disarm() {
      if (DeputyPool.isArmed) {
        DeputyPool.isArmed = false;
        clearInterval(DeputyPool.stirTimer);
        PThread.clearMailboxAwait(DeputyPool.thread);
      }
    },

    // The thread has ended, and its frames are gone. Returns the next start.
    over() {
      DeputyPool.disarm();
      DeputyPool.leaveStack();
      DeputyPool.turn++;
      DeputyPool.isAwaiting = false;
      var ended = DeputyPool.index;
      DeputyPool.index = {{{ NONE }}};
      // What it left at its event loop, a timer say, must not meet the next thread.
      if (runtimeKeepaliveCounter > 0) {
        __emscripten_deputy_pool_resign(DeputyPool.slot, ended);
        return {{{ LEAVE }}};
      }
      // A worker that is never idle must get to its event loop all the same.
      var isDue = performance.now() - DeputyPool.lastTrip > {{{ TRIP_MS }}};
      return __emscripten_deputy_pool_next(DeputyPool.slot, isDue ? 0 : DeputyPool.slice, ended);
    },

    // The thread died. The worker does not come back: nobody knows what else is broken.
    crash() {
      if (DeputyPool.index == {{{ NONE }}}) return;
      // Upstream's _emscripten_thread_crashed would have the UI thread leave whatever it
      // waits for, by an exception, with the locks that it holds. Here nobody is left
      // waiting for the thread.
      DeputyPool.disarm();
      DeputyPool.allowCalls();
      DeputyPool.leaveStack();
      var isDeputy = _emscripten_is_deputy_thread();
      var { index } = DeputyPool;
      DeputyPool.index = {{{ NONE }}};
      try {
        __emscripten_deputy_thread_crashed();
        __emscripten_deputy_pool_crashed(index);
      } catch {
        // So much is broken. The page ends the thread (`lost`).
      }
      ABORT = true;
      postMessage({ deputyPool: 'crashed', thread: DeputyPool.thread, isDeputy });
    },

    // For what a timer's function, or the callback of a Promise, leaves by.
    listen() {
#if ENVIRONMENT_MAY_BE_NODE
      if (ENVIRONMENT_IS_NODE) {
        // Upstream's ends the worker; the program may have its own.
        var listeners = process['listeners']('uncaughtException');
        process['removeAllListeners']('uncaughtException').on('uncaughtException', (e) => DeputyPool.uncaught(e) || listeners.forEach((listener) => listener(e)));
        process.on('unhandledRejection', (reason) => {
          if (!DeputyPool.uncaught(reason)) throw reason instanceof Error ? reason : new Error(`UnhandledPromiseRejection: a Promise was rejected, and nobody caught it: ${reason}`);
        });
        return;
      }
#endif
      addEventListener('error', (e) => DeputyPool.uncaught(e.error) && e.preventDefault());
    },

    // Whether it is no error.
    uncaught(e) {
      // exit(), which has told the page.
      if (e === 'unwind') return true;
      // A trap, or abort(). An Error of JavaScript is the page's to judge.
      if (e instanceof WebAssembly.RuntimeError && DeputyPool.index != {{{ NONE }}}) deputyReportCrash(e);
      return false;
    },

    // PARKED. False when there is no need to: the word has changed.
    park() {
      if (DeputyPool.losesWakes()) {
        DeputyPool.trip(DeputyPool.blockAgain);
        return true;
      }
      var wait = Atomics.waitAsync(HEAP32, {{{ getHeapOffset('DeputyPool.word', 'i32') }}}, {{{ PARKED }}});
      if (wait.async) wait.value.then(DeputyPool.wake);
      else if (performance.now() - DeputyPool.lastTrip > {{{ TRIP_MS }}}) DeputyPool.trip(DeputyPool.wake);
      else return false;
      return true;
    },

    woken() {
      return __emscripten_deputy_pool_woken(DeputyPool.slot, DeputyPool.slice);
    },

    wake() {
      DeputyPool.lastTrip = performance.now();
      return DeputyPool.proceed(DeputyPool.woken());
    },

    // WebKit settles the promise of a waitAsync only when another event comes, now
    // and then, and some engines have none: there a worker blocks in slices, each
    // longer than the last, with a trip through its event loop between them.
    losesWakes() {
      return waitAsyncPolyfilled || (globalThis.navigator && /AppleWebKit/.test(navigator.userAgent) && !/Chrome/.test(navigator.userAgent));
    },

    // Any thread at its event loop: its mailbox is behind an Atomics.waitAsync, too. Some
    // wakes never come, not even with the next event.
    stir() {
      if (!DeputyPool.losesWakes()) return;
      DeputyPool.stirTimer = setInterval(() => {
        if (Deputy.hasRuntime() && __emscripten_deputy_has_mail()) checkMailbox();
      }, {{{ STIR_MS }}});
    },

    blockAgain() {
      DeputyPool.lastTrip = performance.now();
      var start = __emscripten_deputy_pool_resume(DeputyPool.slot, DeputyPool.slice);
      DeputyPool.slice = start == {{{ PARK }}} ? Math.min(2 * DeputyPool.slice, {{{ LONGEST_SLICE_MS }}}) : {{{ HOT_MS }}};
      return DeputyPool.proceed(start);
    },

    // Through the event loop. By a timer: in WebKit the messages of a MessageChannel,
    // also within one worker, pass through the page's thread, which may be busy.
    trip(next) {
      setTimeout(next);
    },

    // Of the program's functions. One may have died on the way out of, or back to, a sleep.
    allowCalls() {
#if ABORT_ON_WASM_EXCEPTIONS
      ABORT = false;
#endif
#if ASYNCIFY == 1
      var { state } = Asyncify;
      Asyncify.state = Asyncify.State.Disabled;
      if (state == Asyncify.State.Unwinding) _asyncify_stop_unwind();
      else if (state == Asyncify.State.Rewinding) _asyncify_stop_rewind();
#endif
    },

    leaveStack() {
      var low = DeputyPool.idleStack;
      _emscripten_stack_set_limits(low + {{{ IDLE_STACK_SIZE }}}, low);
#if STACK_OVERFLOW_CHECK >= 2
      setStackLimits();
#endif
      stackRestore(low + {{{ IDLE_STACK_SIZE }}});
#if STACK_OVERFLOW_CHECK
      writeStackCookie();
#endif
    },
  },
};


// ---- Called by thread_life.c and worker_pool.cpp -------------------------------

Object.assign(LibraryDeputyPool, {
  _emscripten_deputy_pool_ask_js__deps: ['$DeputyPool'],
  _emscripten_deputy_pool_ask_js__sig: 'v',
  _emscripten_deputy_pool_ask_js: () => {
    if (ENVIRONMENT_IS_PTHREAD) postMessage({ deputyPool: 'grow' });
    else DeputyPool.grow();
  },

  // Any thread. Upstream's __pthread_create_js takes the canvases from the calling
  // thread, and comes to $spawnThread on the UI thread.
  _emscripten_deputy_pool_transfer_js__sig: 'ipppp',
#if OFFSCREENCANVAS_SUPPORT
  _emscripten_deputy_pool_transfer_js__deps: ['__pthread_create_js'],
  _emscripten_deputy_pool_transfer_js: (thread, attr, entry, arg) => ___pthread_create_js(thread, attr, entry, arg),
#else
  _emscripten_deputy_pool_transfer_js: (thread, attr, entry, arg) => -1,
#endif

  // Worker. Its thread has ended itself; what is below it on the JavaScript stack goes
  // first.
  _emscripten_deputy_pool_ended_js__deps: ['$DeputyPool'],
  _emscripten_deputy_pool_ended_js__sig: 'v',
  _emscripten_deputy_pool_ended_js: () => {
    DeputyPool.hasEnded = true;
    // At its event loop nobody else is below it; or run() is, which then comes first.
    if (DeputyPool.isArmed) {
      queueMicrotask(() => {
        if (DeputyPool.takeEnd()) DeputyPool.proceed(DeputyPool.over());
      });
    }
  },

  _emscripten_deputy_pool_quiet_js__sig: 'v',
  _emscripten_deputy_pool_quiet_js__deps: ['$Deputy'],
  _emscripten_deputy_pool_quiet_js: () => {
    if (ENVIRONMENT_IS_PTHREAD) postMessage({ deputyPool: 'quiet' });
    else Deputy.quiet();
  },

  // ---- Upstream's functions, changed

#if OFFSCREENCANVAS_SUPPORT
  // UI thread.
  $spawnThread__deps: ['$DeputyPool', '_emscripten_deputy_pool_submit_with_objects'],
  $spawnThread: (params) => {
    var { pthread_ptr, transferList } = params;
    if (transferList.length) DeputyPool.objects[pthread_ptr] = params;
    __emscripten_deputy_pool_submit_with_objects(pthread_ptr, transferList.length);
    return 0;
  },
#endif

  // Any thread. One wait at a time: each notification settles all that there are, so
  // checks for another reason would double them. A wake that comes when its thread is
  // over is not the next one's.
  _emscripten_thread_mailbox_await__deps: ['$checkMailbox', '$DeputyPool', '$waitAsyncPolyfilled'],
  _emscripten_thread_mailbox_await: (thread) => {
    if (waitAsyncPolyfilled || DeputyPool.isAwaiting) return;
    DeputyPool.isAwaiting = true;
    var { turn } = DeputyPool;
    var wait = Atomics.waitAsync(HEAP32, {{{ getHeapOffset('thread', 'i32') }}}, thread);
    wait.value.then(() => {
      if (turn != DeputyPool.turn) return;
      DeputyPool.isAwaiting = false;
      checkMailbox();
    });
    var waitingAsync = thread + {{{ C_STRUCTS.pthread.waiting_async }}};
    Atomics.store(HEAP32, {{{ getHeapOffset('waitingAsync', 'i32') }}}, 1);
  },

  // UI thread. Of a thread that crashed, until it is known here.
  _emscripten_thread_set_strongref__deps: ['$DeputyPool'],
  _emscripten_thread_set_strongref: (thread) => {
#if ENVIRONMENT_MAY_BE_NODE
    if (ENVIRONMENT_IS_NODE) DeputyPool.workerOf(thread)?.ref();
#endif
  },
});

var { $PThread } = LibraryManager.library;
$PThread.pthreads = {};
// Their scripts load from PThread.init() on; grow() sends them the module.
$PThread.loadWasmModuleToAllWorkers = () => {};
$PThread.terminateAllThreads = () => DeputyPool.close();

autoAddDeps(LibraryDeputyPool, '$DeputyPool');
addToLibrary(LibraryDeputyPool);
