# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""What -sDEPUTY_THREAD means to the compiler driver.

Called by emcc.py when it has read its arguments and by link.py before it chooses
libraries. Clashes with other settings stand in settings.py, in
INCOMPATIBLE_SETTINGS; here is the one with a single value of a setting, which that
table can't express.
"""

import os
import re

from . import deputy_constructors, deputy_map, shared
from .settings import settings, user_settings
from .utils import exit_with_error, path_from_root, read_file


def imply_threads(args):
  """Imply -pthread, when compiling and when linking.

  Where the user asked for the contrary it stays off, for the linker to name the
  clash.
  """
  refused = '-no-pthread' in args or user_settings.get('USE_PTHREADS') == '0'
  if settings.DEPUTY_THREAD and not refused:
    settings.PTHREADS = 1
  if '--oformat=wasm' in args:
    # A module to look into, which nobody starts: CMake's check_type_size asks for one.
    settings.DEPUTY_THREAD = 0


# In system/lib/deputy/worker_pool.cpp.
MAX_WORKERS = 512

# What printf() and libc's locks need, roughly.
MIN_JSPI_STACK_SIZE = 4096

# Values of UI_THREAD_WAIT.
WAITS = ['spin', 'abort', 'suspend']

# Values of DEPUTY_CALLS.
CALLS = ['async', 'throw', 'sync']

# For the linker to lead through system/lib/deputy/wait_calls.cpp and locks.c: calls of libc that wait; through
# websocket_event.cpp: what sets callbacks of sockets.
WRAPPED = [
  '__lock',
  '__pthread_cond_timedwait',
  '__pthread_once',
  '__pthread_rwlock_timedrdlock',
  '__pthread_rwlock_timedwrlock',
  '_emscripten_thread_notify',
  'emscripten_thread_sleep',
  'emscripten_websocket_deinitialize',
  'emscripten_websocket_delete',
  'emscripten_websocket_set_onclose_callback_on_thread',
  'emscripten_websocket_set_onerror_callback_on_thread',
  'emscripten_websocket_set_onmessage_callback_on_thread',
  'emscripten_websocket_set_onopen_callback_on_thread',
  'pthread_barrier_wait',
  'pthread_cond_timedwait',
  'pthread_once',
  'pthread_rwlock_timedrdlock',
  'pthread_rwlock_timedwrlock',
  'sem_timedwait',
]

# Exports that take or return a pointer; see create_pointer_conversion_wrappers in emscripten.py.
POINTERS = [
  '_emscripten_deputy_activation:p',
  '_emscripten_deputy_activation_free:_p',
  '_emscripten_deputy_activation_new:pp',
  '_emscripten_deputy_activation_switch:ppp',
  '_emscripten_deputy_await_answer:_p_',
  '_emscripten_deputy_call_name:p_',
  '_emscripten_deputy_describe:p_',
  '_emscripten_deputy_end_call:_p_p',
  '_emscripten_deputy_end_current_call:__p_',
  '_emscripten_deputy_event_add:ppp_p',
  '_emscripten_deputy_event_proxy:__p_ppp',
  '_emscripten_deputy_event_remove:_p',
  '_emscripten_deputy_event_send:_ppp',
  '_emscripten_deputy_look:_pp_',
  '_emscripten_deputy_pool_slot_of:_p',
  '_emscripten_deputy_pool_starts:p',
  '_emscripten_deputy_pool_submit_with_objects:_p_',
  '_emscripten_deputy_pool_thread_of:p_',
  '_emscripten_deputy_pool_word:p_',
  '_emscripten_deputy_print:__pp',
  '_emscripten_deputy_script_loaded:_p_',
  '_emscripten_deputy_set_error:_pp',
  '_emscripten_deputy_socket_event:____p',
  '_emscripten_deputy_socket_set:___pp',
  '_emscripten_deputy_take_call:p',
  '_emscripten_deputy_tid:_p',
  '_emscripten_deputy_write:__p_',
  'emscripten_deputy_wait_stats:__p',
]

# Module.deputy, in TypeScript; and what Embind adds.
TS_MODULE = """{
  deputy: {
    readonly thread: number;
    readonly started: Promise<void>;
    readonly exited: Promise<number>;
    readonly pool: any;
    call(name: string, returnType?: string | null, argTypes?: (string | null)[] | null, args?: unknown[], options?: { signal?: AbortSignal }): Promise<any>;
    stats(): any;
    terminate(): void;
  }
}"""
TS_EMBIND = '{ deputy: { set<T extends object>(object: T, name: keyof T, value: unknown): Promise<void> } }'


def setup_link():
  """Set what the deputy is built on. Returns the JS libraries of the mode."""
  if settings.SIDE_MODULE:
    # It is threaded; the rest is of the main module.
    settings.DEPUTY_THREAD = 0
    return []
  if settings.MODULARIZE == 'instance':
    exit_with_error('DEPUTY_THREAD is not compatible with MODULARIZE=instance (it exports no Module '
                    'to wait for the deputy on: use -sEXPORT_ES6 or -sMODULARIZE)')
  if user_settings.get('PROXY_TO_PTHREAD') != '0':
    settings.PROXY_TO_PTHREAD = 1
  if settings.DEPUTY_START_TIMEOUT < 0:
    exit_with_error(f'DEPUTY_START_TIMEOUT must be a number of milliseconds, or 0 for no limit: {settings.DEPUTY_START_TIMEOUT}')
  setup_pool()
  setup_wait()
  setup_calls()
  if settings.ASYNCIFY_IGNORE_INDIRECT:
    # A thread's entry point, main()'s too, is called by its address: what suspends there is seen from here on.
    settings.ASYNCIFY_ADD += ['dynCall_ii']
  settings.DEPUTY_CATCHES = bool(settings.WASM_EXCEPTIONS or not settings.DISABLE_EXCEPTION_CATCHING)
  settings.DEFAULT_LIBRARY_FUNCS_TO_INCLUDE += ['$Deputy']
  if not settings.EXIT_RUNTIME:
    # Or the runtime ends with main() where -sINCOMING_MODULE_JS_API does not list it.
    settings.DEFAULT_LIBRARY_FUNCS_TO_INCLUDE += ['$noExitRuntime']
  settings.SIGNATURE_CONVERSIONS += POINTERS
  libraries = ['libdeputy.js', 'libdeputy_call.js', 'libdeputy_event.js', 'libdeputy_pool.js', 'libdeputy_proxy.js', 'libdeputy_socket.js', 'libdeputy_wait.js']
  if settings.ASYNCIFY == 2:
    settings.DEFAULT_LIBRARY_FUNCS_TO_INCLUDE += ['$DeputyJspi']
    libraries.append('libdeputy_jspi.js')
  return libraries


def policy_of(name):
  """Return what DEPUTY_CALLS is for a function, as policyOf() in libdeputy_call.js does."""
  exports = {
    'async': settings.DEPUTY_ASYNC_EXPORTS,
    'throw': settings.DEPUTY_THROW_EXPORTS,
    'sync': settings.DEPUTY_SYNC_EXPORTS,
    'inline': settings.DEPUTY_INLINE_EXPORTS + (settings.JSPI_EXPORTS if settings.UI_THREAD_WAIT == 'suspend' else []),
  }
  for policy, names in exports.items():
    if any(re.fullmatch('.*'.join(map(re.escape, pattern.split('*'))), name) for pattern in names):
      return policy
  return settings.DEPUTY_CALLS


def ts_type(name, returns):
  """Return what an export returns to the page, in TypeScript."""
  is_promise = settings.DEPUTY_THREAD and policy_of(name) in {'async', 'throw'}
  return f'Promise<{returns}>' if is_promise and not returns.startswith('Promise<') else returns


def ts_module():
  """Return what Module has besides exports, in TypeScript."""
  if not settings.DEPUTY_THREAD:
    return ''
  return f' & {TS_MODULE}' + (f' & {TS_EMBIND}' if settings.EMBIND else '')


def has_library(name):
  """Return whether a JavaScript library of upstream's is linked; known when `-l` flags have been read."""
  return path_from_root(f'src/lib/lib{name}.js') in settings.JS_LIBRARIES


def linker_flags(args):
  """Return what wasm-ld is told before upstream's flags, `args`."""
  if '--relocatable' in args:
    # Objects made one, which are linked later.
    return []
  # It imports this module.
  from .system_libs import Library
  libraries = Library.get_usable_variations()
  flags = [libraries['crt_deputy_constructors'].build()]
  libc, libdeputy = (libraries[name].get_link_flag() for name in ['libc', 'libdeputy'])
  if libc in args and libdeputy not in args[:args.index(libc)]:
    # By name, before all that is linked by itself.
    flags.append(libraries['libdeputy'].build())
  if settings.UI_THREAD_WAIT == 'suspend':
    flags.append(libraries['crt_deputy_suspend'].build())
  if settings.MALLOC.startswith('emmalloc'):
    flags.append(libraries['libemmalloc_deputy'].build())
  if has_library('websocket'):
    flags.append(libraries['libdeputy_websocket'].build())
  flags += [f'--wrap={name}' for name in WRAPPED]
  if settings.LINKABLE or os.environ.get('EMCC_FORCE_STDLIBS'):
    # Whole archives: what of ours stands in for files of libc comes first, and is meant.
    flags.append('--allow-multiple-definition')
  return flags


def finish_link(wasm, linker_args):
  """Called when wasm-ld is done, and all libraries are known."""
  for name in ['embind', 'fetch', 'websocket']:
    if has_library(name):
      settings.JS_LIBRARIES.append(path_from_root(f'src/lib/libdeputy_{name}.js'))
  if shared.SKIP_SUBPROCS:
    # -###
    return
  deputy_constructors.part(wasm)
  map_file = deputy_map.map_file(linker_args)
  # Not in what is shipped, and not where addresses are known at run time only.
  if map_file and settings.ASSERTIONS and not settings.MAIN_MODULE:
    settings.DEPUTY_SYMBOLS = deputy_map.variables(read_file(map_file))


def setup_wait():
  # What upstream's setting asks for.
  if not settings.ALLOW_BLOCKING_ON_MAIN_THREAD and 'UI_THREAD_WAIT' not in user_settings:
    settings.UI_THREAD_WAIT = 'abort'
  if settings.UI_THREAD_WAIT not in WAITS:
    exit_with_error(f'UI_THREAD_WAIT must be one of {", ".join(WAITS)}: {settings.UI_THREAD_WAIT}')
  if settings.UI_THREAD_WAIT == 'suspend' and settings.ASYNCIFY != 2:
    exit_with_error('UI_THREAD_WAIT=suspend needs -sJSPI, by which the engine suspends a call')
  if settings.JSPI_STACK_SIZE < MIN_JSPI_STACK_SIZE:
    exit_with_error(f'JSPI_STACK_SIZE must be a number of bytes, {MIN_JSPI_STACK_SIZE} or more: {settings.JSPI_STACK_SIZE}')
  if settings.UI_THREAD_WAIT_BUDGET < 1:
    exit_with_error(f'UI_THREAD_WAIT_BUDGET must be a number of milliseconds, 1 or more: '
                    f'{settings.UI_THREAD_WAIT_BUDGET}')


def setup_calls():
  if settings.STB_IMAGE:
    # Upstream's SDL calls them by Module, and uses what they return.
    settings.DEPUTY_INLINE_EXPORTS += ['stbi_*']
  if settings.DEPUTY_CALLS not in CALLS:
    exit_with_error(f'DEPUTY_CALLS must be one of {", ".join(CALLS)}: {settings.DEPUTY_CALLS}')
  if settings.DEPUTY_CALL_THREADS < 0:
    exit_with_error(f'DEPUTY_CALL_THREADS must be a number of threads, or 0 for the deputy: {settings.DEPUTY_CALL_THREADS}')
  if settings.DEPUTY_CALL_REPORT < 0:
    exit_with_error(f'DEPUTY_CALL_REPORT must be a number of milliseconds, or 0 for none: {settings.DEPUTY_CALL_REPORT}')


def setup_pool():
  if not 1 <= settings.PTHREAD_POOL_SIZE_MAX <= MAX_WORKERS:
    exit_with_error(f'PTHREAD_POOL_SIZE_MAX must be from 1 to {MAX_WORKERS}, what engines allow: '
                    f'{settings.PTHREAD_POOL_SIZE_MAX}')
  if not -1 <= settings.PTHREAD_POOL_SPARE <= MAX_WORKERS:
    exit_with_error(f'PTHREAD_POOL_SPARE must be from 0 to {MAX_WORKERS}, or -1 for half the logical cores: '
                    f'{settings.PTHREAD_POOL_SPARE}')
  if settings.PTHREAD_POOL_IDLE_TIMEOUT < 0:
    exit_with_error('PTHREAD_POOL_IDLE_TIMEOUT must be a number of milliseconds, or 0 to keep idle workers: '
                    f'{settings.PTHREAD_POOL_IDLE_TIMEOUT}')
  # The page does not wait for the pool before main(): a deputy may block while
  # the UI thread, at its event loop, loads workers.
  settings.PTHREAD_POOL_DELAY_LOAD = 1
  # The deputy's worker loads while the page still fetches and compiles the module.
  settings.PTHREAD_POOL_SIZE = f'Math.min(Math.max(1, {settings.PTHREAD_POOL_SIZE}), {settings.PTHREAD_POOL_SIZE_MAX})'
