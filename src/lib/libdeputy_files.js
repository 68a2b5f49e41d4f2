/**
 * @license
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Room `proxy`: FS on pthreads. The files of MEMFS are objects of the UI thread's
 * JavaScript, and the FS of a worker has none of them: there its functions call those of
 * the UI thread, and wait, as a syscall does.
 *
 * A call goes through memory of the caller's: JSON, and after its NUL the bytes of the one
 * array that is in it. The answer comes back the same way.
 *
 * A part of libdeputy_proxy.js.
 */

{{{
  // All that name files, or have a stream.
  const FS_CALLED = [
    'analyzePath', 'chdir', 'chmod', 'chown', 'close', 'create', 'createDataFile', 'createLazyFile', 'createPath',
    'cwd', 'fchmod', 'fchown', 'fstat', 'ftruncate', 'lchmod', 'lchown', 'link', 'llseek', 'lookupPath', 'lstat',
    'mkdev', 'mkdir', 'mkdirTree', 'mknod', 'mount', 'open', 'read', 'readFile', 'readdir', 'readlink', 'rename',
    'rmdir', 'stat', 'statfs', 'symlink', 'truncate', 'unlink', 'unmount', 'utime', 'write', 'writeFile',
  ];
  // Take functions, which the UI thread has not.
  const FS_REFUSED = ['createDevice', 'createPreloadedFile', 'preloadFile', 'registerDevice'];

  // Room for the answers of most.
  const FILES_ANSWER_SIZE = 1024;
}}}

var LibraryDeputyFiles = {
  $DeputyFiles__deps: ['$DeputyPool', '$DeputyProxy', '$UTF8ToString', '$callUserCallback', '$deputyCallFiles', '_emscripten_deputy_sync_files', '$deputyTakeAnswer', '$lengthBytesUTF8', '$runtimeKeepalivePop', '$runtimeKeepalivePush', 'free', 'malloc', 'pthread_self'],
  $DeputyFiles: {
    // UI thread. What threads call, by its name.
    functions: null,
    // UI thread. Answers that a thread has to make room for first.
    answers: new Map(),

    // Worker. Where a thread runs, FS calls the UI thread's from now on. (Code that every
    // worker loads may make files before: those are its own, as upstream's.)
    takeOver() {
      var instead = (here, there) => (...args) => (DeputyPool.index == {{{ NONE }}} ? here : there)(...args);
      {{{ FS_CALLED.map((name) => `FS.${name} = instead(FS.${name}, (...args) => DeputyFiles.call('${name}', args));`).join('\n      ') }}}
      var read = FS.read;
      FS.read = instead(read, (stream, buffer, offset, length, position) => {
        var bytes = read(stream, length, position);
        buffer.set(bytes, offset);
        return bytes.length;
      });
      var write = FS.write;
      FS.write = instead(write, (stream, buffer, offset, length, position) => write(stream, buffer.subarray(offset, offset + length), position));
      var close = FS.close;
      FS.close = instead(close, (stream) => {
        close(stream);
        stream.fd = null;
      });
      FS.syncfs = instead(FS.syncfs, DeputyFiles.sync);
#if ASSERTIONS
      {{{ FS_REFUSED.map((name) => `FS.${name} = instead(FS.${name}, () => { throw new Error('FS.${name}() was called on a pthread, as main() is one: the files are the UI thread\\'s, which can\\'t call functions of another (call it by MAIN_THREAD_EM_ASM)'); });`).join('\n      ') }}}
#endif
    },

    // UI thread.
    ofThreads() {
      var onStream = (func) => (stream, ...args) => func(FS.getStreamChecked(stream.fd), ...args);
      DeputyFiles.functions = {
        {{{ FS_CALLED.map((name) => `'${name}': FS.${name},`).join('\n        ') }}}
      };
      Object.assign(DeputyFiles.functions, {
        'close': onStream(FS.close),
        'llseek': onStream(FS.llseek),
        'read': onStream((stream, length, position) => {
          var buffer = new Uint8Array(length);
          return buffer.subarray(0, FS.read(stream, buffer, 0, length, position));
        }),
        'write': onStream((stream, bytes, position) => FS.write(stream, bytes, 0, bytes.length, position)),
      });
      return DeputyFiles.functions;
    },

    // Pthread.
    call(name, args) {
      var thread = _pthread_self();
      var packed = DeputyFiles.pack([name, args]);
      var size = Math.max(packed.size, {{{ FILES_ANSWER_SIZE }}});
      var at = DeputyFiles.allocate(size);
      try {
        DeputyFiles.store(packed, at);
        var answerSize = deputyCallFiles(thread, at, packed.size, size);
        if (answerSize > size) {
          _free(at);
          at = _malloc(answerSize);
          deputyTakeAnswer(thread, at);
          if (!at) throw new FS.ErrnoError({{{ cDefs.ENOMEM }}});
        }
        var [value, errno, message] = DeputyFiles.unpack(at, answerSize);
      } finally {
        _free(at);
      }
      if (errno) throw new FS.ErrnoError(errno);
      if (message) throw new Error(message);
      return value;
    },

    allocate(size) {
      var at = _malloc(size);
      if (!at) throw new FS.ErrnoError({{{ cDefs.ENOMEM }}});
      return at;
    },

    // Pthread. Waits while the files are synchronized, and then for its event loop, as
    // upstream.
    sync(populate, callback) {
      if (typeof populate == 'function') {
        callback = populate;
        populate = false;
      }
      {{{ runtimeKeepalivePush() }}}
      var errno = __emscripten_deputy_sync_files(!!populate);
      DeputyProxy.soon(() => {
        {{{ runtimeKeepalivePop() }}}
        callUserCallback(() => callback(errno ? new FS.ErrnoError(errno) : null));
      });
    },

    // ---- The other thread's form: JSON, where what JSON does not have, or has too much of,
    // is an object with one key, '$deputy'.

    ofStream: (stream) => ({ fd: stream.fd }),

    pack(message) {
      var bytes = [];
      var text = JSON.stringify(message, function(key, value) {
        // (Of value's own toJSON, where it has one.)
        value = this[key];
        if (value === undefined) return { '$deputy': ['undefined'] };
        if (value instanceof Date) return { '$deputy': ['date', value.getTime()] };
        if (value instanceof FS.FSNode) return null;
        if (value instanceof FS.FSStream) return DeputyFiles.ofStream(value);
        if (value instanceof ArrayBuffer) value = new Uint8Array(value);
        if (ArrayBuffer.isView(value)) {
          bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
          return { '$deputy': ['bytes'] };
        }
        for (var name in FS.filesystems) {
          if (value === FS.filesystems[name]) return { '$deputy': ['filesystem', name] };
        }
        return value;
      });
      text = new TextEncoder().encode(text + '\0');
      return { text, bytes, size: text.length + bytes.length };
    },

    store(packed, at) {
      HEAPU8.set(packed.text, at);
      HEAPU8.set(packed.bytes, at + packed.text.length);
    },

    unpack(at, size) {
      var text = UTF8ToString(at);
      return JSON.parse(text, (_key, value) => {
        if (!value?.['$deputy']) return value;
        var [kind, what] = value['$deputy'];
        if (kind == 'date') return new Date(what);
        if (kind == 'bytes') return HEAPU8.slice(at + lengthBytesUTF8(text) + 1, at + size);
        if (kind == 'filesystem') return FS.filesystems[what];
      });
    },
  },

  // UI thread. `at` has the call, and gets the answer where it fits. Returns the answer's
  // size.
  $deputyCallFiles__deps: ['$DeputyFiles'],
  $deputyCallFiles__proxy: 'sync',
  $deputyCallFiles: (thread, at, size, answerSize) => {
    var [name, args] = DeputyFiles.unpack(at, size);
    var answer;
    try {
      var functions = DeputyFiles.functions ?? DeputyFiles.ofThreads();
      answer = [functions[name](...args)];
    } catch (e) {
      answer = [null, e.errno ?? 0, String(e)];
    }
    var packed = DeputyFiles.pack(answer);
    if (packed.size <= answerSize) {
      DeputyFiles.store(packed, at);
    } else {
      DeputyFiles.answers.set(thread, packed);
    }
    return packed.size;
  },

  // UI thread. `at`: 0 where there is no place for it.
  $deputyTakeAnswer__deps: ['$DeputyFiles'],
  $deputyTakeAnswer__proxy: 'sync',
  $deputyTakeAnswer: (thread, at) => {
    if (at) DeputyFiles.store(DeputyFiles.answers.get(thread), at);
    DeputyFiles.answers.delete(thread);
  },

  // UI thread, while the caller waits. Returns an errno.
  _emscripten_deputy_sync_files__proxy: 'sync',
  _emscripten_deputy_sync_files__async: true,
  _emscripten_deputy_sync_files__sig: 'ii',
  _emscripten_deputy_sync_files: (populate) => new Promise((resolve) => {
    FS.syncfs(!!populate, (e) => {
      if (e && !e.errno) err(`FS.syncfs: ${e}`);
      resolve(e ? e.errno ?? {{{ cDefs.EIO }}} : 0);
    });
  }),
};

// ---- Upstream's functions, changed -------------------------------------------

{
  const postset = LibraryManager.library.$FS__postset;
  LibraryDeputyFiles.$FS__postset = () => `${postset()}\nif (ENVIRONMENT_IS_PTHREAD) DeputyFiles.takeOver();`;
  LibraryManager.library.$FS__deps.push('$DeputyFiles');
}

// (Upstream's are what FS had before.)
for (const name of ['createPath', 'readFile', 'unlink']) {
  LibraryDeputyFiles[`$FS_${name}`] = `(...args) => FS.${name}(...args)`;
}

addToLibrary(LibraryDeputyFiles);
