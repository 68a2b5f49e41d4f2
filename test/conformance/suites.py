# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Which of upstream's tests are run, in which columns, and with what around them."""

import re

# Of a column: the tree in build/, and what every emcc is given as well.
COLUMNS = {
  'stock': ('stock', ''),
  'off': ('sdk', ''),
  # (Upstream's tests say -Werror, and compile as often as they link.)
  'on': ('sdk', '-sDEPUTY_THREAD -Wno-unused-command-line-argument -Wno-experimental -Wno-pthreads-mem-growth'),
}

ABOUT_THREADS = re.compile(r'(?i)pthread|proxy|proxied|\bthread')
ABOUT_PAGES = re.compile(r'(?i)stdio|printf|\bfs_|idbfs|wasmfs|opfs|\bfile|fetch|websocket|dylink|dylib|dlopen|main_module|html5')

# Suites of upstream, in the order in which they are run. Of a suite: whether a test, by its name and source,
# is run; None: all are.
SUITES = {
  'browser': lambda name, source: bool(ABOUT_THREADS.search(source) or ABOUT_PAGES.search(f'{name}\n{source}')),
  'core0': None,
  'other': None,
  'sockets': None,
  'posixtest': None,
}
# Those that are run in Firefox as well, with --engine firefox.
IN_BROWSERS = {'browser'}
# Their tests use ports that have a number: not side by side.
ONE_BY_ONE = {'sockets'}

# What `--only subset` runs, with the flag on: of each room of the runtime, what upstream tests it most with.
SUBSET = [
  'browser.test_pthread_create', 'browser.test_pthread_create_pthread',
  'browser.test_pthread_cancel_cond_wait', 'browser.test_pthread_nested_spawns',
  'browser.test_pthread_spawns', 'browser.test_pthread_malloc_free',
  'browser.test_pthread_proxying_in_futex_wait', 'browser.test_pthread_file_io',
  'browser.test_pthread_run_on_main_thread_flood', 'browser.test_pthread_exit_process',
  'browser.test_fetch_from_thread', 'core0.test_pthread_abort', 'core0.test_pthread_c11_threads',
  'core0.test_pthread_cancel', 'core0.test_pthread_cxx_threads', 'core0.test_pthread_dispatch_after_exit',
  'core0.test_pthread_equal', 'core0.test_pthread_exceptions', 'core0.test_pthread_keepalive',
  'core0.test_pthread_nested_work_queue', 'core0.test_pthread_proxying', 'core0.test_pthread_proxying_cpp',
  'core0.test_pthread_stdout_after_main', 'core0.test_pthread_thread_local_storage',
  'core0.test_stdio_locking', 'core0.test_poll_blocking', 'core0.test_select_blocking',
  'core0.test_embind_basics', 'core0.test_fs_base', 'core0.test_printf', 'core0.test_utime',
  'core0.test_unistd_access_wasmfs_nodefs', 'other.test_combining_object_files',
  'other.test_stdin_wasmfs', 'other.test_warn_unexported_main',
  'other.test_main_pthread_join_detach', 'other.test_pthread_js_exception',
  'other.test_pthread_join_interrupted', 'other.test_proxy_to_pthread_stack', 'other.test_itimer_pthread',
]

# Upstream's own switches for what a machine lacks. (LLVM and node are Debian's, which have no d8, and no node 24.)
ENVIRONMENT = {
  'EMTEST_HEADLESS': '1',
  'EMTEST_AUTOSKIP': '1',
  'EMTEST_LACKS_GRAPHICS_HARDWARE': '1',
  'EMTEST_LACKS_SOUND_HARDWARE': '1',
  'EMTEST_LACKS_WEBGPU': '1',
  'EMTEST_LACKS_NATIVE_CLANG': '1',
  'EMTEST_SKIP_V8': '1',
  'EMTEST_SKIP_NODE_25': '1',
  'EMTEST_SKIP_NODE_26': '1',
  'EMTEST_SKIP_WASM64': '1',
  'EMTEST_SKIP_WASM_ENGINE': '1',
  'EMTEST_SKIP_PYTHON_DEV_PACKAGES': '1',
  'EMTEST_SKIP_JSPI': '1',
  'EMTEST_SKIP_WASM_EH': '1',
  'EMCC_SKIP_SANITY_CHECK': '1',
}
BROWSERS = {'chromium': 'chromium', 'firefox': 'firefox-esr'}
