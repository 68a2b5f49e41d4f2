/**
 * @license
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * emscripten_set_socket_*_callback() on any thread: upstream's register the callback in the
 * SOCKFS of the caller's worker, and all sockets are in the UI thread's. How an event gets to
 * the thread is system/lib/deputy/socket_event.cpp.
 *
 * This file is read after upstream's libsockfs.js.
 */

#if !DEPUTY_THREAD
#error "Internal error! DEPUTY_THREAD should be enabled when including libdeputy_socket.js."
#endif

{{{
  // In the order of `registrations` in socket_event.cpp.
  const SOCKET_EVENTS = ['error', 'open', 'listen', 'connection', 'message', 'close'];
  // How many events of a kind a socket keeps for a callback that is not set yet; a WebSocket,
  // too.
  const MAX_EARLY = 100;
}}}

if ('$_setNetworkCallback' in LibraryManager.library) {
  addToLibrary({
    $DeputySocket__deps: ['$callUserCallback', '$FS', '$SOCKFS', '$stringToUTF8OnStack', '$withStackSave', '_emscripten_deputy_socket_closed', '_emscripten_deputy_socket_event'],
    $DeputySocket__postset: () => addAtModule('DeputySocket.keepEarlyEvents(); DeputySocket.dropLateEvents();'),
    $DeputySocket: {
      // UI thread. What happens to a socket before a thread has set the callback: a page's own
      // code would be in one turn with both. (What SOCKFS says of listen() comes in that call.)
      keepEarlyEvents() {
        var { emit } = SOCKFS;
        SOCKFS.emit = (event, data) => {
          var sock = FS.getStream([data].flat()[0])?.node.sock;
          if (sock && event != 'listen' && !(event in SOCKFS.callbacks)) {
            var early = (sock.early ??= {})[event] ??= [];
            if (early.length < {{{ MAX_EARLY }}}) early.push(data);
          }
          emit(event, data);
        };
      },

      // UI thread. What is under way to a thread when a socket is closed.
      dropLateEvents() {
        var { close } = SOCKFS.stream_ops;
        SOCKFS.stream_ops.close = (stream) => {
          __emscripten_deputy_socket_closed(stream.fd);
          close(stream);
        };
      },

      // UI thread. `data`: of an error its socket, number and message, else the socket.
      send(kind, data) {
        var [fd, error, message] = [data].flat();
        // It was closed. (In Node.js its messages come on, until the other side knows.)
        if (fd === null) return;
        callUserCallback(() => withStackSave(() => {
          var isSent = __emscripten_deputy_socket_event(kind, fd, error, message ? stringToUTF8OnStack(message) : 0);
          if (!isSent) err(`socket ${fd}: an event is lost: out of memory`);
        }));
      },
    },

    $setSocketCallback__deps: ['$DeputySocket', '_emscripten_deputy_socket_set'],
    $setSocketCallback__proxy: 'sync',
    $setSocketCallback: (kind, tid, callback, userData) => {
      var event = {{{ JSON.stringify(SOCKET_EVENTS) }}}[kind];
      var send = (data) => DeputySocket.send(kind, data);
      __emscripten_deputy_socket_set(kind, tid, callback, userData);
      SOCKFS.on(event, callback ? send : null);
      for (var stream of FS.streams) {
        var early = stream?.node.sock?.early;
        // Not while that thread waits for this.
        if (callback) early?.[event]?.forEach((data) => Promise.resolve().then(() => send(data)));
        if (early) delete early[event];
      }
    },

    // ---- Upstream's functions, changed

    // Any thread.
    $_setNetworkCallback__deps: ['$setSocketCallback', '_emscripten_deputy_tid'],
    $_setNetworkCallback: (event, userData, callback) => {
      // For good, as upstream's.
      {{{ runtimeKeepalivePush() }}}
      var kind = {{{ JSON.stringify(SOCKET_EVENTS) }}}.indexOf(event);
      setSocketCallback(kind, ENVIRONMENT_IS_PTHREAD ? __emscripten_deputy_tid(_pthread_self()) : 0, callback, userData);
    },
  });
}
