/**
 * @license
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * emscripten_fetch() on pthreads, with what it keeps in IndexedDB: upstream opens the
 * database on the page's thread alone, and a pthread finds nothing there. Here each thread
 * opens it, before its first fetch.
 *
 * This file is read after upstream's libfetch.js.
 */

#if !DEPUTY_THREAD
#error "Internal error! DEPUTY_THREAD should be enabled when including libdeputy_fetch.js."
#endif

#if FETCH_SUPPORT_INDEXEDDB
var LibraryDeputyFetch = {
  $DeputyFetch: {
    // The Promise of this thread's database; it is never rejected.
    opening: null,

    open() {
      return DeputyFetch.opening ??= Fetch.openDatabase('emscripten_filesystem', 1)
        .then((database) => { Fetch.dbInstance = database; }, () => { Fetch.dbInstance = false; });
    },
  },
};

moveUpstream('emscripten_start_fetch', '$startFetch', LibraryDeputyFetch);

Object.assign(LibraryDeputyFetch, {
  // Any thread. A fetch that the thread waits for goes without: nothing can open before it.
  emscripten_start_fetch__deps: ['$DeputyFetch', '$Fetch', '$startFetch', '$runtimeKeepalivePush', '$runtimeKeepalivePop'],
  emscripten_start_fetch: (fetch, ...callbacks) => {
    var attributes = {{{ makeGetValue('fetch', C_STRUCTS.emscripten_fetch_t.__attributes + C_STRUCTS.emscripten_fetch_attr_t.attributes, 'u32') }}};
    var isOpen = !ENVIRONMENT_IS_PTHREAD || Fetch.dbInstance !== undefined;
    if (isOpen || attributes & {{{ cDefs.EMSCRIPTEN_FETCH_SYNCHRONOUS }}}) return startFetch(fetch, ...callbacks);
    {{{ runtimeKeepalivePush() }}}
    DeputyFetch.open().then(() => {
      {{{ runtimeKeepalivePop() }}}
      if (!ABORT) startFetch(fetch, ...callbacks);
    });
    return fetch;
  },
});

addToLibrary(LibraryDeputyFetch);
#endif
