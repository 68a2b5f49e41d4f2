// Settings of this fork, read together with settings.js, whose form and tags they
// have: -sDEPUTY_THREAD, and what it can be tuned with.

// Runs main() on a pthread of its own, the deputy, so that existing pthread code
// can lock, join and wait in it while the page's thread, the UI thread, stays at
// its event loop. Threads can be created without a pool that was sized in
// advance, and the page follows the program with two Promises:
//
// - ``Module.deputy.started`` - resolved when the deputy is about to run main()
// - ``Module.deputy.exited`` - resolved with the exit status after main()
//   returned or exit() was called, whatever :ref:`EXIT_RUNTIME` says
//
// Both are rejected, with an Error that says what to do, when the deputy can't
// be started; ``exited`` also when any thread died of a trap, an abort or an
// uncaught exception. See ``emscripten/deputy.h`` for the C side. A program
// without main() gets a deputy that serves at its event loop.
//
// Implies -pthread, :ref:`PROXY_TO_PTHREAD`, :ref:`PTHREAD_POOL_DELAY_LOAD` and
// PTHREAD_POOL_SIZE_STRICT=0. Pass it when compiling and when linking::
//
//   emcc -sDEPUTY_THREAD main.c -o main.js
//
// [compile+link]
var DEPUTY_THREAD = false;

// How long, in milliseconds, the deputy's worker may take to load and to give a
// first sign of life. After that ``Module.deputy.started`` is rejected. 0 waits
// without a limit. The default leaves room for a cold load of the script over a
// slow network; the wasm module is already compiled by then. Needs
// :ref:`DEPUTY_THREAD`.
// [link]
var DEPUTY_START_TIMEOUT = 10000;

// With :ref:`DEPUTY_THREAD`: how many workers are kept loaded and idle beyond those
// that run a thread, so that pthread_create() finds one without the help of the
// page's thread. -1 is half the logical cores, rounded up, and 4 at most: a worker
// costs memory (in Chromium and Node.js some MB), and a program that starts more
// threads at once than that waits for all of them in any case. The workers are
// loaded when main() has started.
//
// Can be changed by emscripten_deputy_pool_set_spare() and
// ``Module.deputy.pool.spare``.
// [link]
var PTHREAD_POOL_SPARE = -1;

// With :ref:`DEPUTY_THREAD`: how many threads may be alive at a time, the deputy
// included. Beyond that pthread_create() fails with EAGAIN. The default is what
// engines allow: Firefox queues the workers of an origin beyond 512
// (dom.workers.maxPerDomain) and never says so, Chromium's renderer crashes at a few
// more than 500. From 1 to 512.
//
// Can be changed by emscripten_deputy_pool_set_max() and ``Module.deputy.pool.max``.
// [link]
var PTHREAD_POOL_SIZE_MAX = 500;

// With :ref:`DEPUTY_THREAD`: after how many milliseconds without need for them idle
// workers are ended, down to :ref:`PTHREAD_POOL_SPARE`, and to
// :ref:`PTHREAD_POOL_SIZE` if that is more. 0 keeps them.
//
// Can be changed by emscripten_deputy_pool_set_idle_timeout() and
// ``Module.deputy.pool.idleTimeout``.
// [link]
var PTHREAD_POOL_IDLE_TIMEOUT = 5000;

// With :ref:`DEPUTY_THREAD`: what happens when C code on the page's thread, which
// can't sleep, comes to wait for a lock, a thread or a condition. Meanwhile the page
// stands still, and the thread runs what others ask of it.
//
// - spin: it looks again and again. After :ref:`UI_THREAD_WAIT_BUDGET` it reports
//   what it waits for, and who has that; after ten times as long it aborts.
// - abort: only locks may be waited for, and for moments; else it aborts with that
//   report. The default with ALLOW_BLOCKING_ON_MAIN_THREAD=0.
// - suspend: in a call of a promising export (-sJSPI, :ref:`JSPI_EXPORTS`) the engine
//   suspends the call, and the page goes on. Elsewhere, and where the engine has no JSPI,
//   it spins, and says so once.
//
// A wait that can't end is reported, and aborts, at once. See docs/blocking.md.
// [link]
var UI_THREAD_WAIT = 'spin';

// Internal: [address, size, name] of the program's variables, where the linker wrote a
// map (-Wl,-Map=FILE) in a build with :ref:`ASSERTIONS`. Reports of waits name them.
var DEPUTY_SYMBOLS = [];

// Internal: errors of JavaScript that runs on the page's thread for another may be caught
// there, as C++ exceptions (emscripten/deputy.hpp).
var DEPUTY_CATCHES = false;

// How long, in milliseconds, the page's thread may wait before it reports it: see
// :ref:`UI_THREAD_WAIT`. The default is what people take for an interruption.
// [link]
var UI_THREAD_WAIT_BUDGET = 1000;

// With :ref:`DEPUTY_THREAD` and -sJSPI: the size in bytes of the stack of each call of a
// promising export on the page's thread, or of the page's on the deputy. Each has its own,
// because it may be suspended while others run; calls that come later use it again. The
// default is that of :ref:`DEFAULT_PTHREAD_STACK_SIZE`.
// [link]
var JSPI_STACK_SIZE = 64*1024;

// With :ref:`DEPUTY_THREAD`: what happens when page JavaScript calls an exported C
// function, by ``Module._f()``, ccall() or cwrap(), which must not run on the page's
// thread, where it could not wait. On the deputy and other pthreads these are direct.
//
// - async: it runs on the deputy, and the page gets a Promise.
// - throw: an Error says what to do instead. To find what calls C in existing code.
// - sync: it runs on the deputy, and the page's thread waits for it as
//   :ref:`UI_THREAD_WAIT` says. For code that can't be changed: the page stands still.
//
// The settings that follow say it for single functions. ``Module.deputy.call()`` is
// always async. See docs/calls.md.
// [link]
var DEPUTY_CALLS = 'async';

// Functions for which :ref:`DEPUTY_CALLS` is async; C's names, or Embind's (a class's is
// for all that it has), ``*`` is for any characters.
// [link]
var DEPUTY_ASYNC_EXPORTS = [];

// Functions for which :ref:`DEPUTY_CALLS` is throw.
// [link]
var DEPUTY_THROW_EXPORTS = [];

// Functions for which :ref:`DEPUTY_CALLS` is sync.
// [link]
var DEPUTY_SYNC_EXPORTS = [];

// Functions that are called on the page's thread, at once, as without
// :ref:`DEPUTY_THREAD`: short ones, which take no lock, not malloc's either. Where one
// has to wait all the same :ref:`UI_THREAD_WAIT` applies.
// [link]
var DEPUTY_INLINE_EXPORTS = [];

// With :ref:`DEPUTY_THREAD`: on how many threads of their own calls from the page run.
// 0 is the deputy, where they run when it is at its event loop, or in
// emscripten_deputy_poll(). For a main() that does not return, 1 keeps the order of
// calls; with more of them calls run side by side.
// [link]
var DEPUTY_CALL_THREADS = 0;

// After how many milliseconds a call of the page's that has not begun is reported, with
// what every thread is about, once. 0: never. The default is well above what a program
// takes that means to serve calls.
// [link]
var DEPUTY_CALL_REPORT = 5000;
