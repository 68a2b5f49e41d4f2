/**
 * @license
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * A socket of emscripten/websocket.h keeps what comes before the thread that has made it has
 * set its callbacks: a page's own code would be in one turn with both. How an event gets to
 * the thread of a callback is system/lib/deputy/websocket_event.cpp.
 *
 * This file is read after upstream's libwebsocket.js.
 */

#if !DEPUTY_THREAD
#error "Internal error! DEPUTY_THREAD should be enabled when including libdeputy_websocket.js."
#endif

addToLibrary({
  $DeputyWebSocket__deps: ['$callUserCallback', '$webSockets'],
  $DeputyWebSocket__postset: () => addAtModule('DeputyWebSocket.keepEarlyEvents();'),
  $DeputyWebSocket: {
    // UI thread.
    keepEarlyEvents() {
      var { allocate } = webSockets;
      webSockets.allocate = (socket) => {
        for (var type of ['open', 'message', 'error', 'close']) DeputyWebSocket.keep(socket, type);
        return allocate.call(webSockets, socket);
      };
    },

    keep(socket, type) {
      var early = [];
      var keep = (e) => early.length < {{{ MAX_EARLY }}} && early.push(e);
      var name = `on${type}`;
      socket.addEventListener(type, keep);
      Object.defineProperty(socket, name, {
        configurable: true,
        set(handler) {
          socket.removeEventListener(type, keep);
          delete socket[name];
          socket[name] = handler;
          // Before any other event, but not while that thread waits for this. It may have
          // deleted the socket by then.
          for (const e of early) Promise.resolve().then(() => callUserCallback(() => socket[name]?.(e)));
        },
      });
    },
  },
});

// ---- Upstream's functions, changed -------------------------------------------

LibraryManager.library.emscripten_websocket_new__deps.push('$DeputyWebSocket');

// Upstream's says `this`, which is the page's window when Closure has taken WS apart.
LibraryManager.library.$WS.getSocketEvent = (socketId) => {
  WS.socketEvent ||= _malloc({{{ C_STRUCTS.EmscriptenWebSocketCloseEvent.__size__ }}});
  {{{ makeSetValue('WS.socketEvent', 0, 'socketId', 'u32') }}};
  return WS.socketEvent;
};
