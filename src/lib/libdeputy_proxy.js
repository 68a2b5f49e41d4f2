/**
 * @license
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Room `proxy`: calls from one thread to another, and what threads print. The calls are
 * system/lib/deputy/proxying.c and mailbox.c, the output is output.c there.
 * libdeputy_files.js is the part of FS, libdeputy_socket.js and libdeputy_websocket.js are
 * those of sockets.
 *
 * This file is read after libdeputy.js.
 */

#if !DEPUTY_THREAD
#error "Internal error! DEPUTY_THREAD should be enabled when including libdeputy_proxy.js."
#endif

{{{
  // Where what JavaScript prints on a pthread goes: to out(), and in Node.js to the streams
  // below its console.
  const TO_OUT = -1;
  const TO_STREAM = { stdout: -2, stderr: -3 };
}}}

var LibraryDeputyProxy = {
  $DeputyProxy__deps: ['_emscripten_deputy_write_rest', '_emscripten_deputy_print', '$DeputyPool', '$UTF8ToString', '$callUserCallback', '$lengthBytesUTF8', '$stringToNewUTF8', 'free', 'malloc'],
  $DeputyProxy: {
    // Any thread. Whether a proxied function is poll(), in programs that have it.
    isPoll: (func) => false,

    // To itself, and what to do for each message.
    channel: null,
    next: [],

    // Any thread. In another turn of its event loop. A timer would be late by 4 ms. The
    // channel is kept: WebKit may collect the ports of one that nobody holds, with a
    // message under way.
    soon(func) {
#if ENVIRONMENT_MAY_BE_NODE
      if (ENVIRONMENT_IS_NODE) {
        setImmediate(func);
        return;
      }
#endif
      // Of a worker in WebKit it would pass through the page's thread, which may be busy.
      if (ENVIRONMENT_IS_PTHREAD && DeputyPool.losesWakes()) {
        setTimeout(func);
        return;
      }
      if (!DeputyProxy.channel) {
        let channel = DeputyProxy.channel = new MessageChannel();
        channel.port1.onmessage = () => DeputyProxy.next.shift()();
        Deputy.listeners.push(() => channel.port1.close());
      }
      DeputyProxy.next.push(func);
      DeputyProxy.channel.port2.postMessage(0);
    },

    // Pthread. What JavaScript prints there, too, is printed by the UI thread, in order
    // with what C prints. (err() stays as it is: it may be the last that a thread does, with
    // malloc's lock taken or no stack left.)
    takeOutput() {
#if !EMSCRIPTEN_TRACING // which prints by out() what malloc does, while it does
      var outHere = out;
      out = (...args) => {
        // (A browser's console shows objects.)
        if (args.some((arg) => typeof arg == 'object') || !DeputyProxy.print({{{ TO_OUT }}}, args.join(' '))) outHere(...args);
      };
#endif
#if ENVIRONMENT_MAY_BE_NODE
      // Node.js passes on what a worker's console prints later, or never at exit.
      if (ENVIRONMENT_IS_NODE) {
        for (const [name, fd] of [['stdout', {{{ TO_STREAM.stdout }}}], ['stderr', {{{ TO_STREAM.stderr }}}]]) {
          const stream = process[name];
          const write = stream.write;
          stream.write = (chunk, encoding, callback) => {
            // (A string may be in hex, say.)
            const code = typeof encoding == 'string' ? encoding : 'utf8';
            const bytes = typeof chunk == 'string' && Buffer['isEncoding'](code) ? Buffer.from(chunk, code) : chunk;
            if (!(bytes instanceof Uint8Array) || !DeputyProxy.print(fd, bytes)) return write.call(stream, chunk, encoding, callback);
            callback = typeof encoding == 'function' ? encoding : callback;
            if (callback) process.nextTick(callback);
            return true;
          };
        }
      }
#endif
    },

    isPrinting: false,

    // Pthread. `data`: a string or bytes. False: no thread runs here, there is no memory, or a
    // malloc() of the program's own prints as well.
    print(fd, data) {
      if (ABORT || DeputyProxy.isPrinting || DeputyPool.hasEnded || DeputyPool.index == {{{ NONE }}}) return false;
      DeputyProxy.isPrinting = true;
      try {
        var isText = typeof data == 'string';
        var size = isText ? lengthBytesUTF8(data) : data.length;
        var copy = isText ? stringToNewUTF8(data) : _malloc(size);
        if (!copy) return false;
        if (!isText) HEAPU8.set(data, copy);
        __emscripten_deputy_print(fd, copy, size);
        _free(copy);
        return true;
      } finally {
        DeputyProxy.isPrinting = false;
      }
    },

    textOf: (iov) => UTF8ToString({{{ makeGetValue('iov', 0, '*') }}}, {{{ makeGetValue('iov', POINTER_SIZE, '*') }}}, /*ignoreNul=*/true),

    // UI thread. Returns whether it was for one of ours.
    write(fd, iov) {
      if (fd >= 0) return false;
#if ENVIRONMENT_MAY_BE_NODE
      if (fd != {{{ TO_OUT }}}) {
        // The bytes may be part of a character.
        var begin = {{{ makeGetValue('iov', 0, '*') }}};
        var bytes = HEAPU8.slice(begin, begin + {{{ makeGetValue('iov', POINTER_SIZE, '*') }}});
        process[fd == {{{ TO_STREAM.stdout }}} ? 'stdout' : 'stderr'].write(Buffer.from(bytes.buffer));
        return true;
      }
#endif
      out(DeputyProxy.textOf(iov));
      return true;
    },

    // UI thread, when the program may end without its coming to its mailbox again.
    writeRest() {
      if (Deputy.hasRuntime()) __emscripten_deputy_write_rest();
    },
  },

#if DEPUTY_CATCHES
  // ---- Called by emscripten/deputy.hpp

  _emscripten_deputy_call_and_catch_js__deps: ['$DeputyWait'],
  _emscripten_deputy_call_and_catch_js__sig: 'ppp',
  _emscripten_deputy_call_and_catch_js: (func, arg) => {
    var sp = stackSave();
    try {
      {{{ makeDynCall('vp', 'func') }}}(arg);
    } catch (e) {
      var text = !DeputyWait.isEnd(e) && DeputyWait.textOf(e);
      if (!text) throw e;
      stackRestore(sp);
      return text;
    }
    return 0;
  },
#endif

  // ---- Called by proxying.c

  _emscripten_deputy_is_poll_js__deps: ['$DeputyProxy'],
  _emscripten_deputy_is_poll_js__sig: 'ii',
  _emscripten_deputy_is_poll_js: (func) => DeputyProxy.isPoll(func),

  // ---- Called by load_script.c

  _emscripten_deputy_load_script_js__deps: ['$callUserCallback', '$DeputyCall', '$deputyLoadScript', '$resolveRunDependencies', '$UTF8ToString', '_emscripten_deputy_script_loaded'],
  _emscripten_deputy_load_script_js__sig: 'vppi',
  _emscripten_deputy_load_script_js: async (url, load, isOfDeputy) => {
    var isLoaded = true;
    try {
      await deputyLoadScript(UTF8ToString(url));
      // What it has asked for in its turn: packages of files, say.
      await resolveRunDependencies();
#if !DEPUTY_CALL_THREADS
      // The deputy serves what the script has called before it gets its callback. (A thread that
      // isn't the deputy goes without: the deputy may be waiting for it.)
      if (isOfDeputy) await DeputyCall.passed();
#endif
    } catch (e) {
      err(`emscripten_async_load_script: ${UTF8ToString(url)}: ${e.message ?? 'not loaded'}`);
      isLoaded = false;
    }
    callUserCallback(() => __emscripten_deputy_script_loaded(load, isLoaded));
  },

  // UI thread.
  $deputyLoadScript: async (url) => {
#if ENVIRONMENT_MAY_BE_NODE && DYNAMIC_EXECUTION
    if (ENVIRONMENT_IS_NODE) return eval(await readAsync(url, false));
#endif
    await new Promise((resolve, reject) => {
      var script = document.createElement('script');
      script.onload = resolve;
      script.onerror = reject;
      script.src = url;
      document.body.appendChild(script);
    });
  },

  // ---- Called by mailbox.c

  _emscripten_deputy_check_again_js__deps: ['$checkMailbox', '$DeputyProxy'],
  _emscripten_deputy_check_again_js__sig: 'v',
  _emscripten_deputy_check_again_js: () => DeputyProxy.soon(checkMailbox),

  // ---- Upstream's functions, changed ----------------------------------------

#if PROXY_POSIX_SOCKETS == 0
  // The names of addresses are where upstream's getaddrinfo() puts them, on the UI thread;
  // gethostbyname()'s as well.
  getnameinfo__proxy: 'sync',
  _emscripten_lookup_name__proxy: 'sync',
#endif
};

// What draws of SDL 1, which upstream does not proxy with the rest: a worker has no surfaces.
// With -sSTRICT its library is read after this one, and stays upstream's.
if ('zoomSurface' in LibraryManager.library) {
  Object.assign(LibraryDeputyProxy, {
    boxColor__proxy: 'sync',
    boxRGBA__proxy: 'sync',
    rectangleColor__proxy: 'sync',
    rectangleRGBA__proxy: 'sync',
    ellipseColor__proxy: 'sync',
    ellipseRGBA__proxy: 'sync',
    filledEllipseColor__proxy: 'sync',
    filledEllipseRGBA__proxy: 'sync',
    lineColor__proxy: 'sync',
    lineRGBA__proxy: 'sync',
    pixelRGBA__proxy: 'sync',
    zoomSurface__proxy: 'sync',
    rotozoomSurface__proxy: 'sync',
  });
}

#if WASMFS
Object.assign(LibraryDeputyProxy, {
  // Any thread. A worker has no stdin, and no prompt().
  _wasmfs_stdin_get_char__proxy: 'sync',

  // Any thread. What WasmFS writes to stdout and stderr, a line at a time; on a pthread
  // upstream's would be a message to the page, which is lost at exit.
  emscripten_out__deps: ['_emscripten_deputy_print', 'strlen'],
  emscripten_out: (line) => {
    if (ENVIRONMENT_IS_PTHREAD) __emscripten_deputy_print(1, line, _strlen(line));
    else out(UTF8ToString(line));
  },

  emscripten_err__deps: ['_emscripten_deputy_print', 'strlen'],
  emscripten_err: (line) => {
    if (ENVIRONMENT_IS_PTHREAD) __emscripten_deputy_print(2, line, _strlen(line));
    else err(UTF8ToString(line));
  },

  // Called by output.c.
  _emscripten_deputy_write_js__deps: ['$DeputyProxy'],
  _emscripten_deputy_write_js__sig: 'vipip',
  _emscripten_deputy_write_js: (fd, iov, iovcnt, pnum) => {
    if (DeputyProxy.write(fd, iov)) return;
    (fd == 1 ? out : err)(DeputyProxy.textOf(iov));
  },
});
#else
moveUpstream('fd_write', '$writeOnMainThread', LibraryDeputyProxy);
moveUpstream('fd_close', '$closeOnMainThread', LibraryDeputyProxy);
moveUpstream('__syscall_dup3', '$dupOnMainThread', LibraryDeputyProxy);

Object.assign(LibraryDeputyProxy, {
  // Any thread. A pthread goes on where it can: see output.c.
  fd_write__deps: ['$writeOnMainThread', '$writeSynchronously', '_emscripten_deputy_write'],
  fd_write__proxy: 'none',
  fd_write: (fd, iov, iovcnt, pnum) => {
    if (!ENVIRONMENT_IS_PTHREAD) return writeOnMainThread(fd, iov, iovcnt, pnum);
    var num = __emscripten_deputy_write(fd, iov, iovcnt);
    if (num < 0) return writeSynchronously(fd, iov, iovcnt, pnum);
    {{{ makeSetValue('pnum', 0, 'num', SIZE_TYPE) }}};
    return 0;
  },

  $writeSynchronously__deps: ['$writeOnMainThread', '_emscripten_deputy_set_takes_all'],
  $writeSynchronously__proxy: 'sync',
  $writeSynchronously: (fd, iov, iovcnt, pnum) => {
    __emscripten_deputy_set_takes_all(fd, {{{ SYSCALLS_REQUIRE_FILESYSTEM ? 'FS.getStream(fd)?.tty ? 1 : 0' : 1 }}});
    return writeOnMainThread(fd, iov, iovcnt, pnum);
  },

  // Called by output.c.
  _emscripten_deputy_write_js__deps: ['$writeOnMainThread', '$DeputyProxy'],
  _emscripten_deputy_write_js__sig: 'vipip',
  _emscripten_deputy_write_js: (fd, iov, iovcnt, pnum) => {
    if (DeputyProxy.write(fd, iov)) return;
    writeOnMainThread(fd, iov, iovcnt, pnum);
  },

  // UI thread, these two. What stdout and stderr are may change: the next write there
  // finds out.
  fd_close__deps: ['$closeOnMainThread', '_emscripten_deputy_set_takes_all'],
  fd_close: (fd) => {
    __emscripten_deputy_set_takes_all(fd, 0);
    return closeOnMainThread(fd);
  },

  __syscall_dup3__deps: ['$dupOnMainThread', '_emscripten_deputy_set_takes_all'],
  __syscall_dup3: (fd, newfd, flags) => {
    __emscripten_deputy_set_takes_all(newfd, 0);
    return dupOnMainThread(fd, newfd, flags);
  },
});
#endif // WASMFS

#if !WASMFS
LibraryManager.library['__syscall_poll__postset'] = 'DeputyProxy.isPoll = (func) => proxiedFunctionTable[func] == ___syscall_poll;';

// UI thread. Upstream's writes to what a caller has given whenever one of its streams changes;
// that may have been freed, when the caller was cancelled.
LibraryDeputyProxy.$doPollAsync__deps = ['$doPollSync', '$DeputyWait', '$FS'];
LibraryDeputyProxy.$doPollAsync = (fds, nfds, timeout) => new Promise((resolve) => {
  var { ctx } = DeputyWait;
  var registrations = [];
  var end = (count) => {
    for (var { listeners, entry } of registrations) listeners.delete(entry);
    clearTimeout(timer);
    resolve(count);
  };
  var look = () => {
    var count = DeputyWait.look(ctx, () => doPollSync(fds, nfds));
    if (count !== 0) end(count ?? 0);
    return count;
  };
  var timer = timeout > 0 ? setTimeout(() => end(0), timeout) : 0;
  if (look() !== 0) return;
  if (!timeout) return end(0);
  DeputyWait.look(ctx, () => {
    for (var i = 0, at = fds; i < nfds; i++, at += {{{ C_STRUCTS.pollfd.__size__ }}}) {
      var stream = FS.getStream({{{ makeGetValue('at', C_STRUCTS.pollfd.fd, 'i32') }}});
      if (stream) registrations.push(stream.node.addListener(look));
    }
  });
});
#endif

// Answered where they are called: they ask nothing of the UI thread.
for (const name of ['sched_yield', '__syscall_getegid32', '__syscall_geteuid32', '__syscall_getgid32', '__syscall_getuid32']) {
  if (name in LibraryManager.library) LibraryManager.library[`${name}__proxy`] = 'none';
}

autoAddDeps(LibraryDeputyProxy, '$DeputyProxy');
addToLibrary(LibraryDeputyProxy);

#if FILESYSTEM && !WASMFS && !NODERAWFS
#include "libdeputy_files.js"
#endif
