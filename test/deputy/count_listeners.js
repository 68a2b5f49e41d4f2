/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// What the program has put on the page: listeners at its document and at signals, and ports that are open.

if (globalThis.document) {
  const listeners = globalThis.listeners = { count: 0, ports: 0 };
  for (const target of [document, AbortSignal.prototype]) {
    const { addEventListener, removeEventListener } = target;
    target.addEventListener = function(...args) {
      listeners.count++;
      addEventListener.apply(this, args);
    };
    target.removeEventListener = function(...args) {
      listeners.count--;
      removeEventListener.apply(this, args);
    };
  }
  const { close } = MessagePort.prototype;
  globalThis.MessageChannel = class extends MessageChannel {
    constructor() {
      super();
      // (One that listens to nothing keeps nothing.)
      const { port1 } = this;
      let handler = null;
      Object.defineProperty(port1, 'onmessage', {
        set(func) {
          listeners.ports++;
          Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage').set.call(port1, handler = func);
        },
        get: () => handler,
      });
      port1.close = () => {
        listeners.ports--;
        close.call(port1);
      };
    }
  };
}
