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
  // Any thread. A fetch that the thread waits for goes without: what the database says would come later.
  emscripten_start_fetch__deps: ['$DeputyFetch', '$Fetch', '$startFetch', '$runtimeKeepalivePush', '$runtimeKeepalivePop', '$UTF8ToString'],
  emscripten_start_fetch: (fetch, ...callbacks) => {
    if (!ENVIRONMENT_IS_PTHREAD) return startFetch(fetch, ...callbacks);
    var attributes = {{{ makeGetValue('fetch', C_STRUCTS.emscripten_fetch_t.__attributes + C_STRUCTS.emscripten_fetch_attr_t.attributes, 'u32') }}};
    var { dbInstance } = Fetch;
    if (attributes & {{{ cDefs.EMSCRIPTEN_FETCH_SYNCHRONOUS }}}) {
      Fetch.dbInstance = undefined;
      try {
        return startFetch(fetch, ...callbacks);
      } finally {
        Fetch.dbInstance = dbInstance;
      }
    }
    // What needs none begins at once: it may be closed right away.
    var method = UTF8ToString(fetch + {{{ C_STRUCTS.emscripten_fetch_t.__attributes + C_STRUCTS.emscripten_fetch_attr_t.requestMethod }}});
    var replaces = (attributes & {{{ cDefs.EMSCRIPTEN_FETCH_REPLACE | cDefs.EMSCRIPTEN_FETCH_PERSIST_FILE }}}) == {{{ cDefs.EMSCRIPTEN_FETCH_REPLACE }}};
    if (dbInstance !== undefined || replaces && !method.startsWith('EM_IDB_')) return startFetch(fetch, ...callbacks);
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
