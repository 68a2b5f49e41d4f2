/**
 * @license
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Room `call`: page JavaScript calls C on the deputy, and gets Promises.
 * system/lib/deputy/call.cpp has the way of a call, call_ring.h what goes through shared
 * memory. The page's part takes no lock, and calls no wasm: it writes to memory, and
 * notifies.
 *
 *   Module._f(1, 2)                             A Promise of what f returns, and so with
 *   ccall(), cwrap()                            these. On the deputy and other pthreads
 *                                               they are upstream's.
 *   Module.deputy.call(name, returnType, argTypes, args, { signal })
 *                                               UI thread. The same as ccall(); a call that
 *                                               its AbortSignal ends before it has begun is
 *                                               not made.
 *   Module.deputy.set(object, name, value)      UI thread. See libdeputy_embind.js.
 *   Module.deputy.terminate()                   UI thread. Ends all threads, at once.
 *
 * This file is read after libdeputy.js.
 */

#if !DEPUTY_THREAD
#error "Internal error! DEPUTY_THREAD should be enabled when including libdeputy_call.js."
#endif

{{{
  // Of call_ring.h.
  const RING_BYTES = 64 * 1024;
  const MAX_CALLS = 1024;
  const MESSAGE_SIZE = 24;
  const ARGUMENT_SIZE = 16;
  const ANSWER_SIZE = 24;
  // Of CallRing, in bytes; the words as indices.
  const MAIL = 0, PAGE_MAIL = 1, WRITTEN = 2, READ = 3, ANSWERED = 4, SEEN = 5, IS_FULL = 6, STATES = 8;
  const ANSWERS = 4 * (STATES + MAX_CALLS);
  const BYTES = ANSWERS + MAX_CALLS * ANSWER_SIZE;
  const KIND_NUMBER = 0, KIND_BIGINT = 1, KIND_BYTES = 2, KIND_NOTHING = 3;
  const MESSAGE_CALL = 0, MESSAGE_NAME = 1;
  const STATE_WAITING = 0, STATE_BEGUN = 1, STATE_ABORTED = 2;
  const ANSWER_NOTHING = 0, ANSWER_NUMBER = 1, ANSWER_BIGINT = 2, ANSWER_TEXT = 3, ANSWER_ERROR = 4, ANSWER_MEMORY = 5, ANSWER_ABORTED = 6, ANSWER_LATER = 7;
  // Of call.cpp.
  const RETURNS_VALUE = 0, RETURNS_TEXT = 1;
  const LATER = -1;
  // Of Answer.
  const ANSWER_VALUE = 8, ANSWER_LENGTH = 16;
  // notification_state, of handshake.h.
  const MAIL_NONE = 0, MAIL_RECEIVED = 1, MAIL_PENDING = 2;
  // What fits is written at once, and else on its own.
  const SCRATCH_BYTES = 4096;
  // What is kept to encode text in, at most.
  const TEXT_BYTES = 4 << 20, MAX_TEXTS = 2;
  // Of blocks that are larger the thread is told when they were seen.
  const LARGE_BYTES = 64 * 1024;
  // For how long the UI thread settles Promises, in a turn of its event loop.
  const TURN_MS = 4;
  // Where several threads serve, each has the call that it runs, and those that end later: the next
  // is for whichever is the first to be free. (These have two answers each.)
  const HAS_ONE = DEPUTY_CALL_THREADS > 1;
  const LIMIT = HAS_ONE ? MAX_CALLS / 2 : MAX_CALLS;
  // How often it looks for what no wake has told it.
  const RECALL_MS = 50;

  const policies = {
    async: DEPUTY_ASYNC_EXPORTS,
    throw: DEPUTY_THROW_EXPORTS,
    sync: DEPUTY_SYNC_EXPORTS,
    inline: [...DEPUTY_INLINE_EXPORTS, ...(UI_THREAD_WAIT == 'suspend' ? JSPI_EXPORTS : [])],
  };
  // '*' is for any characters, as in JSPI_EXPORTS.
  const pattern = (names) => `/^(${names.map((name) => name.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')).join('|')})$/`;
}}}

var LibraryDeputyCall = {
  $DeputyCall__deps: ['$DeputyPool', '$DeputyProxy', '$DeputyWait', '$UTF8ArrayToString', '$waitAsyncPolyfilled'],
  $DeputyCall: {
    // ---- Page: calls -----------------------------------------------------------

    // Of threads that serve calls.
    channels: [],
    // How many are to come.
    opening: {{{ DEPUTY_CALL_THREADS || 1 }}},
    // Calls that no channel has taken yet.
    backlog: [],
    // Why there can be none any more: an Error.
    end: null,
    timer: 0,

    // What is called when the page calls the function, by policy.
    policyOf(name) {
      {{{ Object.entries(policies).filter(([, names]) => names.length).map(([policy, names]) =>
        `if (${pattern(names)}.test(name)) return '${policy}';`).join('\n      ') }}}
      return '{{{ DEPUTY_CALLS }}}';
    },

    // UI thread. Before there are any, for the functions that the module exports.
    wrapExports() {
      for (let key in Module) {
        let func = Module[key];
        if (key[0] != '_' || typeof func != 'function') continue;
        let name = key.slice(1);
        if (DeputyCall.policyOf(name) == 'inline') continue;
        Module[key] = (...args) => DeputyCall.invoke(name, null, null, args);
      }
    },

    invoke(name, returnType, types, args) {
      switch (DeputyCall.policyOf(name)) {
#if DEPUTY_CALLS == 'throw' || DEPUTY_THROW_EXPORTS.length
        case 'throw':
          throw new Error(`${name}() can't be called on the UI thread (DEPUTY_CALLS=throw). Await Module.deputy.call('${name}', ...), which runs it on the deputy; or have ${name} in DEPUTY_ASYNC_EXPORTS, and await what it returns; or, when it is short and takes no lock, in DEPUTY_INLINE_EXPORTS.`);
#endif
#if DEPUTY_CALLS == 'sync' || DEPUTY_SYNC_EXPORTS.length
        case 'sync':
          return DeputyCall.callAndWait(name, returnType, types, args);
#endif
      }
      return DeputyCall.call(name, returnType, types, args);
    },

    call(name, returnType, types, args, signal = null) {
      return new Promise((resolve, reject) => DeputyCall.begin(name, returnType, types, args, signal, resolve, reject));
    },

    // Throws nothing. Returns the call, or undefined when it was rejected.
    begin(name, returnType, types, args, signal, resolve, reject) {
      var call = { name, returnType, resolve, reject, since: performance.now(), isLate: false, bytes: null, parts: null, channel: null, id: -1, signal, onAbort: null };
      try {
        if (DeputyCall.end) throw DeputyCall.ended(call);
        if (signal?.aborted) throw DeputyCall.reasonOf(signal);
        DeputyCall.encode(call, types, args ?? []);
      } catch (e) {
        reject(e);
        return;
      }
      if (signal) {
        call.onAbort = () => DeputyCall.abort(call);
        signal.addEventListener('abort', call.onAbort);
      }
      var channel = DeputyCall.backlog.length ? null : DeputyCall.freeChannel(call);
      if (channel) {
        DeputyCall.send(channel, call);
      } else {
        // The next one is encoded in the same place.
        call.bytes = DeputyCall.scratch8.slice(0, DeputyCall.length);
        DeputyCall.backlog.push(call);
        Deputy.serve();
      }
      DeputyCall.timer ||= setInterval(DeputyCall.stir, {{{ RECALL_MS }}});
      return call;
    },

    // When the deputy has run, or begun, all that the page has called until now. It is never rejected.
    async passed() {
      await DeputyCall.call('passed:', null, null, []).catch(() => {});
    },

    // One that can take a call.
    freeChannel(call) {
#if EMBIND && DEPUTY_CALL_THREADS > 1
      // Objects are of one thread.
      if (call.returnType == DeputyEmbind) return DeputyCall.channels.slice(0, 1).find(DeputyCall.isFree);
#endif
      return DeputyCall.channels.find(DeputyCall.isFree);
    },

    isFree: ({ {{{ HAS_ONE ? 'running, ' : '' }}}free }) => {{{ HAS_ONE ? '!running && ' : '' }}}free.length > 0,

    sendBacklog() {
      var { backlog } = DeputyCall;
      var sent = 0;
      for (var channel; sent < backlog.length && (channel = DeputyCall.freeChannel(backlog[sent])); sent++) {
        var call = backlog[sent];
        DeputyCall.scratch8.set(call.bytes);
        DeputyCall.length = call.bytes.length;
        call.bytes = null;
        DeputyCall.send(channel, call);
      }
      if (sent) backlog.splice(0, sent);
    },

    // ---- Page: messages ---------------------------------------------------------

    scratch: null,
    scratch8: null,
    scratch32: null,
    scratchF64: null,
    scratchI64: null,
    // How much of it is the message's.
    length: 0,

    // Has room for that much; what was there is lost.
    reserve(bytes) {
      if (DeputyCall.scratch?.byteLength >= bytes) return;
      var buffer = DeputyCall.scratch = new ArrayBuffer((bytes + {{{ SCRATCH_BYTES }}} + 7) & ~7);
      DeputyCall.scratch8 = new Uint8Array(buffer);
      DeputyCall.scratch32 = new Int32Array(buffer);
      DeputyCall.scratchF64 = new Float64Array(buffer);
      DeputyCall.scratchI64 = new BigInt64Array(buffer);
    },

    // Into the scratch, and call.parts for what is large.
    encode(call, types, args) {
      var count = args.length;
      var at = {{{ MESSAGE_SIZE }}} + {{{ ARGUMENT_SIZE }}} * count;
      DeputyCall.reserve(at);
      var words = DeputyCall.scratch32;
      for (var i = 0; i < count; i++) {
        var arg = args[i];
        var type = types?.[i];
        var word = {{{ MESSAGE_SIZE / 4 }}} + {{{ ARGUMENT_SIZE / 4 }}} * i;
        if (type == 'string' || type == 'array') {
          if (arg === null || arg === undefined || arg === 0) {
            words[word] = {{{ KIND_NOTHING }}};
            continue;
          }
          var length = type == 'string' ? DeputyCall.putText(call, String(arg), at, word) : DeputyCall.putBytes(call, arg, at, word, i);
          words[word] = {{{ KIND_BYTES }}};
          words[word + 1] = length;
          // A part of its own gets its place below.
          if (call.parts?.[call.parts.length - 1].word == word) continue;
          words[word + 2] = at;
          words[word + 3] = 0;
          // A text has a 0 after it.
          at = (at + length + 8) & ~7;
          continue;
        }
#if MEMORY64
        if (type == 'pointer') arg = BigInt(arg ?? 0);
#endif
        switch (typeof arg) {
          case 'bigint':
            words[word] = {{{ KIND_BIGINT }}};
            DeputyCall.scratchI64[word / 2 + 1] = arg;
            continue;
          case 'string':
          case 'symbol':
          case 'function':
            throw DeputyCall.badArgument(call, i, arg);
          case 'object':
            if (arg) throw DeputyCall.badArgument(call, i, arg);
        }
        words[word] = {{{ KIND_NUMBER }}};
        DeputyCall.scratchF64[word / 2 + 1] = arg ?? 0;
      }
      DeputyCall.length = at;
      for (var part of call.parts ?? []) {
        words[part.word + 2] = at;
        words[part.word + 3] = 0;
        at += (part.bytes.length + 8) & ~7;
      }
      words[0] = at;
      words[1] = {{{ MESSAGE_CALL }}};
      words[4] = count;
      words[5] = call.returnType == 'string' ? {{{ RETURNS_TEXT }}} : {{{ RETURNS_VALUE }}};
    },

    badArgument(call, i, arg) {
      if (typeof arg?.then == 'function') return new TypeError(`${call.name}: argument ${i + 1} is a Promise: await it first`);
      return new TypeError(`${call.name}: argument ${i + 1} is ${typeof arg == 'object' ? 'an' : 'a'} ${typeof arg}. Numbers, bigints and booleans are passed as they are; say 'string' or 'array' in the argument types of ccall(), cwrap() or Module.deputy.call() to pass a copy of text or bytes.`);
    },

    encoder: null,
    // Buffers to encode texts in.
    texts: [],

    // Returns how many bytes it takes, without the 0 at its end.
    putText(call, text, at, word) {
      var encoder = DeputyCall.encoder ??= new TextEncoder();
      if (text.length * 3 < DeputyCall.scratch.byteLength - at) {
        var { written } = encoder.encodeInto(text, DeputyCall.scratch8.subarray(at));
        DeputyCall.scratch8[at + written] = 0;
        return written;
      }
      // A new buffer for each takes five times as long.
      var most = 3 * text.length;
      if (most > {{{ TEXT_BYTES }}}) return DeputyCall.putPart(call, encoder.encode(text), word);
      var buffer = DeputyCall.texts.pop();
      if (!(buffer?.length >= most)) buffer = new Uint8Array(most);
      return DeputyCall.putPart(call, buffer.subarray(0, encoder.encodeInto(text, buffer).written), word, buffer);
    },

    // As ccall() has it, but for what typed arrays hold: their bytes, as C sees them.
    putBytes(call, array, at, word, i) {
      if (array instanceof ArrayBuffer) array = new Uint8Array(array);
      var bytes = ArrayBuffer.isView(array) ? new Uint8Array(array.buffer, array.byteOffset, array.byteLength) :
        Array.isArray(array) ? Int8Array.from(array) : null;
      if (!bytes) throw new TypeError(`${call.name}: argument ${i + 1} is not an array, typed array or ArrayBuffer`);
      if (bytes.length < DeputyCall.scratch.byteLength - at) {
        DeputyCall.scratch8.set(bytes, at);
        return bytes.length;
      }
      // The caller may change it while it is under way.
      return DeputyCall.putPart(call, new Uint8Array(bytes), word);
    },

    putPart(call, bytes, word, buffer = null) {
      if (bytes.length > 0x7fffffff) throw new RangeError(`${call.name}: an argument of ${bytes.length} bytes is too large`);
      (call.parts ??= []).push({ bytes, word, buffer });
      return bytes.length;
    },

    // What the scratch holds, and call.parts.
    send(channel, call) {
      var words = DeputyCall.scratch32;
      var name = {{{ EMBIND ? "call.returnType == DeputyEmbind ? 'embind:' : " : '' }}}call.name;
      var index = channel.names.get(name);
      if (index === undefined) {
        channel.names.set(name, index = channel.named++);
        DeputyCall.sendName(channel, name, index);
      }
      call.channel = channel;
      call.id = channel.free.pop();
      channel.calls[call.id] = call;
#if DEPUTY_CALL_THREADS > 1
      channel.running = call;
#endif
      channel.words[{{{ STATES }}} + call.id] = {{{ STATE_WAITING }}};
      words[2] = call.id;
      words[3] = index;
      DeputyCall.write(channel, DeputyCall.length);
      if (call.parts) {
        for (var { bytes, buffer } of call.parts) channel.outbox.push({ bytes, at: 0, size: (bytes.length + 8) & ~7, buffer });
        call.parts = null;
        DeputyCall.flush(channel);
      }
      DeputyCall.wake(channel);
    },

    // Keeps what the scratch holds.
    sendName(channel, name, index) {
      var bytes = (DeputyCall.encoder ??= new TextEncoder()).encode(name);
      var begin = {{{ MESSAGE_SIZE + ARGUMENT_SIZE }}};
      var size = (begin + bytes.length + 8) & ~7;
      var message = new Int32Array(size / 4);
      message.set([size, {{{ MESSAGE_NAME }}}, 0, index, 1, 0, {{{ KIND_BYTES }}}, bytes.length, begin]);
      var message8 = new Uint8Array(message.buffer);
      message8.set(bytes, begin);
      channel.outbox.push({ bytes: message8, at: 0, size });
      DeputyCall.flush(channel);
    },

    // The first bytes of the scratch.
    write(channel, size) {
      var { bytes32, words } = channel;
      if (channel.outbox.length || size > {{{ SCRATCH_BYTES }}} || size > DeputyCall.room(channel)) {
        channel.outbox.push({ bytes: DeputyCall.scratch8.slice(0, size), at: 0, size });
        DeputyCall.flush(channel);
        return;
      }
      // (Faster than set(), which makes two views.)
      var from = channel.written >>> 2;
      for (var i = 0; i < size >> 2; i++) {
        bytes32[(from + i) & {{{ RING_BYTES / 4 - 1 }}}] = DeputyCall.scratch32[i];
      }
      channel.written = (channel.written + size) >>> 0;
      Atomics.store(words, {{{ WRITTEN }}}, channel.written);
    },

    room: (channel) => {{{ RING_BYTES }}} - ((channel.written - Atomics.load(channel.words, {{{ READ }}})) >>> 0),

    // What there is room for. Whether there was any.
    flush(channel) {
      var { outbox, words, written } = channel;
      while (outbox.length) {
        var room = DeputyCall.room(channel);
        if (!room) {
          // The thread looks there when it has read, which may be since.
          Atomics.store(words, {{{ IS_FULL }}}, 1);
          if (!(room = DeputyCall.room(channel))) break;
        }
        var out = outbox[0];
        var position = channel.written & {{{ RING_BYTES - 1 }}};
        var size = Math.min(room, out.size - out.at, {{{ RING_BYTES }}} - position);
        // What is beyond its bytes is 0.
        var end = Math.min(out.at + size, out.bytes.length);
        if (out.at < end) channel.bytes8.set(out.bytes.subarray(out.at, end), position);
        channel.bytes8.fill(0, position + Math.max(0, end - out.at), position + size);
        out.at += size;
        channel.written = (channel.written + size) >>> 0;
        Atomics.store(words, {{{ WRITTEN }}}, channel.written);
        if (out.at == out.size) {
          outbox.shift();
          if (out.buffer && DeputyCall.texts.length < {{{ MAX_TEXTS }}}) DeputyCall.texts.push(out.buffer);
        }
      }
      return channel.written != written;
    },

    // The thread sleeps on its mail, or at its event loop; or it looks by itself.
    wake(channel) {
      var { words } = channel;
      if (Atomics.exchange(words, {{{ MAIL }}}, {{{ MAIL_PENDING }}}) != {{{ MAIL_NONE }}} || Atomics.notify(words, {{{ MAIL }}})) return;
      if (waitAsyncPolyfilled) channel.worker.postMessage({ cmd: {{{ CMD_CHECK_MAILBOX }}} });
      else Atomics.notify(channel.thread, 0);
    },

    // ---- Page: answers ----------------------------------------------------------

    // What a wake says: there are answers, or there is room.
    receive(channel) {
      var { words } = channel;
      var end = performance.now() + {{{ TURN_MS }}};
      while (!DeputyCall.end) {
        Atomics.store(words, {{{ PAGE_MAIL }}}, {{{ MAIL_RECEIVED }}});
        DeputyCall.settleAll(channel);
        DeputyCall.sendBacklog();
        if (DeputyCall.flush(channel) || channel.hasLarge) {
          channel.hasLarge = false;
          DeputyCall.wake(channel);
        }
        if (performance.now() > end) {
          Atomics.store(words, {{{ PAGE_MAIL }}}, {{{ MAIL_PENDING }}});
          DeputyProxy.soon(() => DeputyCall.receive(channel));
          return;
        }
        if (Atomics.compareExchange(words, {{{ PAGE_MAIL }}}, {{{ MAIL_RECEIVED }}}, {{{ MAIL_NONE }}}) != {{{ MAIL_RECEIVED }}}) continue;
        if (waitAsyncPolyfilled) return;
        var wait = Atomics.waitAsync(words, {{{ PAGE_MAIL }}}, {{{ MAIL_NONE }}});
        if (wait.async) {
          let turn = ++channel.turn;
          wait.value.then(() => {
            if (turn == channel.turn) DeputyCall.receive(channel);
          });
          return;
        }
      }
    },

    settleAll(channel) {
      var { words } = channel;
      var answered = Atomics.load(words, {{{ ANSWERED }}});
      for (; channel.seen != answered; channel.seen = (channel.seen + 1) | 0) {
        DeputyCall.settle(channel, channel.seen & {{{ MAX_CALLS - 1 }}});
      }
      Atomics.store(words, {{{ SEEN }}}, answered);
    },

    settle(channel, index) {
      var word = {{{ ANSWERS / 4 }}} + {{{ ANSWER_SIZE / 4 }}} * index;
      var value = {{{ ANSWER_SIZE / 8 }}} * index + 1;
      var { words, answersF64, answersI64 } = channel;
      var call = channel.calls[words[word]];
#if DEPUTY_CALL_THREADS > 1
      if (channel.running == call) channel.running = null;
      if (words[word + 1] == {{{ ANSWER_LATER }}}) return;
#endif
      channel.calls[words[word]] = null;
      channel.free.push(words[word]);
      DeputyCall.forget(call);
      try {
        switch (words[word + 1]) {
          case {{{ ANSWER_NOTHING }}}:
            return call.resolve(DeputyCall.convert(call, undefined));
          case {{{ ANSWER_NUMBER }}}:
            return call.resolve(DeputyCall.convert(call, answersF64[value]));
          case {{{ ANSWER_BIGINT }}}:
            return call.resolve(DeputyCall.convert(call, answersI64[value]));
          case {{{ ANSWER_TEXT }}}:
            return call.resolve(DeputyCall.convert(call, DeputyCall.text(channel, word, value)));
          case {{{ ANSWER_ERROR }}}:
            return call.reject(DeputyCall.errorOf(call, .../** @type {!Array} */ (JSON.parse(DeputyCall.text(channel, word, value)))));
          case {{{ ANSWER_MEMORY }}}:
            // For its name, maybe: the next call sends it again.
            channel.names.delete(call.name);
            return call.reject(DeputyCall.errorOf(call, 'RangeError', 'out of memory for its arguments, or for what it returns'));
          case {{{ ANSWER_ABORTED }}}:
            // It was rejected when it was aborted.
        }
      } catch (e) {
        // A text that is too long for JavaScript, say.
        call.reject(e);
      }
    },

    text(channel, word, value) {
      var block = Number(channel.answersI64[value]);
      var length = channel.words[word + 4];
      if (length > {{{ LARGE_BYTES }}}) channel.hasLarge = true;
      return UTF8ArrayToString(HEAPU8, block, length);
    },

    convert(call, value) {
      switch (call.returnType) {
        case 'boolean':
          return Boolean(value);
        case 'pointer':
          return {{{ MEMORY64 ? 'Number(value)' : 'value >>> 0' }}};
#if EMBIND
        case DeputyEmbind:
          return DeputyEmbind.receive(value);
#endif
      }
      return value;
    },

    // What C, or JavaScript that it called, threw; with the stack of the thread.
    errorOf(call, name, message, stack = '') {
      var error = new Error(`${call.name}: ${message}`);
      error.name = name;
      if (stack) error.stack = `${name}: ${error.message}\n${stack}`;
      return error;
    },

    ended: (call) => new Error(`${call.name} can't be called, or has not returned: ${DeputyCall.end.message}`, { cause: DeputyCall.end }),

    // It is over: its signal may live on.
    forget(call) {
      call?.signal?.removeEventListener('abort', call.onAbort);
    },

    // (Browsers have reason for less long than signals.)
    reasonOf: (signal) => signal.reason ?? new DOMException('The operation was aborted.', 'AbortError'),

    abort(call) {
      call.reject(DeputyCall.reasonOf(call.signal));
      var { channel, id } = call;
      if (!channel) {
        DeputyCall.backlog.splice(DeputyCall.backlog.indexOf(call), 1);
      } else if (channel.calls[id] == call) {
        // One that has not begun does not; one that has can ask. (Not one that has ended.)
        for (var state of [{{{ STATE_WAITING }}}, {{{ STATE_BEGUN }}}]) {
          Atomics.compareExchange(channel.words, {{{ STATES }}} + id, state, {{{ STATE_ABORTED }}});
        }
      }
    },

    // Every now and then, while calls are under way. In Node.js it keeps the process.
    stir() {
      var isIdle = !DeputyCall.backlog.length;
      for (var channel of DeputyCall.channels) {
        // Some wakes are lost, in WebKit.
        if (Atomics.load(channel.words, {{{ ANSWERED }}}) != channel.seen || channel.outbox.length) DeputyCall.receive(channel);
        isIdle &&= channel.free.length == {{{ LIMIT }}};
      }
      if (isIdle) {
        clearInterval(DeputyCall.timer);
        DeputyCall.timer = 0;
      }
#if DEPUTY_CALL_REPORT
      else DeputyCall.reportLate();
#endif
    },

#if DEPUTY_CALL_REPORT
    // Once for each call that waits for others, not for itself.
    reportLate() {
      var now = performance.now();
      for (var call of DeputyCall.waiting()) {
        if (call.isLate || call.name == 'passed:' || now - call.since < {{{ DEPUTY_CALL_REPORT }}}) continue;
        call.isLate = true;
        var isBegun = call.channel && Atomics.load(call.channel.words, {{{ STATES }}} + call.id) != {{{ STATE_WAITING }}};
        if (isBegun) continue;
        err([
          `the page has called ${call.name} ${Math.round(now - call.since)} ms ago, and it has not begun: ${call.channel ? 'the thread that serves calls is not at its event loop.' : 'no thread serves calls yet, or all have as many as they can take.'}`,
          (Deputy.isStarted ? 'Let main() return or call emscripten_deputy_poll(), or link with -sDEPUTY_CALL_THREADS=1' : 'The program has not started yet') +
            ': see docs/calls.md (DEPUTY_CALL_REPORT={{{ DEPUTY_CALL_REPORT }}}).',
          ...(runtimeInitialized ? DeputyWait.threads() : []).map(({ text }) => '  ' + text),
        ].join('\n'));
        return;
      }
    },
#endif

    waiting: () => [...DeputyCall.channels.flatMap(({ calls }) => calls.filter((call) => call)), ...DeputyCall.backlog],

#if DEPUTY_CALLS == 'sync' || DEPUTY_SYNC_EXPORTS.length
    // UI thread. In the middle of it other threads' calls are served, and the page stands
    // still: room `wait` says for how long.
    callAndWait(name, returnType, types, args) {
      if (!DeputyCall.channels.length && !DeputyCall.end) {
        Deputy.serve();
        throw new Error(`${name} can't be called before Module.deputy.started is resolved (DEPUTY_CALLS=sync)`);
      }
      var result;
      var call = DeputyCall.begin(name, returnType, types, args, null,
        (value) => { result = { value }; }, (error) => { result = { error }; });
      while (!result) {
        // What is before it in the backlog has to be answered first.
        var channel = call.channel ?? DeputyCall.channels[0];
        if (DeputyCall.flush(channel)) DeputyCall.wake(channel);
        var isServed = __emscripten_deputy_await_answer(channel.ring, channel.outbox.length);
        DeputyCall.channels.forEach(DeputyCall.settleAll);
        // (Which rejects it.)
        if (!isServed) DeputyCall.close((other) => other == channel, 'the thread that served it has ended');
        DeputyCall.sendBacklog();
      }
      if (result.error) throw result.error;
      return result.value;
    },
#endif

    // ---- Page: channels ---------------------------------------------------------

    open(ring, thread) {
      if (DeputyCall.end) return;
      // Memory that grows keeps what there is where it is: these stay valid.
      var { buffer } = wasmMemory;
      var channel = {
        ring,
        words: new Int32Array(buffer, ring, {{{ BYTES / 4 }}}),
        bytes8: new Uint8Array(buffer, ring + {{{ BYTES }}}, {{{ RING_BYTES }}}),
        bytes32: new Int32Array(buffer, ring + {{{ BYTES }}}, {{{ RING_BYTES / 4 }}}),
        answersF64: new Float64Array(buffer, ring + {{{ ANSWERS }}}, {{{ MAX_CALLS * ANSWER_SIZE / 8 }}}),
        answersI64: new BigInt64Array(buffer, ring + {{{ ANSWERS }}}, {{{ MAX_CALLS * ANSWER_SIZE / 8 }}}),
        thread: new Int32Array(buffer, thread, 1),
        worker: DeputyPool.workerOf(thread),
        // By id; and which ids are free.
        calls: new Array({{{ MAX_CALLS }}}).fill(null),
#if DEPUTY_CALL_THREADS > 1
        // The call that the thread has not begun, or is in.
        running: null,
#endif
        free: Array.from({ length: {{{ LIMIT }}} }, (unused, i) => {{{ LIMIT - 1 }}} - i),
        // Of functions, to their index; and how many it was told.
        names: new Map(),
        named: 0,
        // What there is no room for in the ring: { bytes, at, size, buffer }.
        outbox: [],
        written: 0,
        seen: 0,
        hasLarge: false,
        // Of its Atomics.waitAsync: which is the last.
        turn: 0,
      };
      DeputyCall.channels.push(channel);
      DeputyCall.opening--;
      DeputyCall.receive(channel);
    },

    // Takes the last answers. What waits for others would keep the program's memory.
    finish(channel) {
      channel.turn++;
      Atomics.notify(channel.words, {{{ PAGE_MAIL }}});
      DeputyCall.settleAll(channel);
    },

    // The thread of it serves no more, and no other can have what it was sent.
    close(isOf, why) {
      for (var channel of DeputyCall.channels.filter(isOf)) {
        DeputyCall.channels.splice(DeputyCall.channels.indexOf(channel), 1);
        DeputyCall.finish(channel);
        for (var call of channel.calls) {
          DeputyCall.forget(call);
          call?.reject(new Error(`${call.name} has not returned: ${why}`));
        }
      }
      if (!DeputyCall.channels.length && !DeputyCall.opening) DeputyCall.closeAll(new Error(why));
      DeputyCall.sendBacklog();
    },

    // The program is over. `why` is an Error.
    closeAll(why) {
      if (DeputyCall.end) return;
      DeputyCall.end = why;
      clearInterval(DeputyCall.timer);
      for (var channel of DeputyCall.channels) {
        DeputyCall.finish(channel);
      }
      for (var call of DeputyCall.waiting()) {
        DeputyCall.forget(call);
        call.reject(DeputyCall.ended(call));
      }
      DeputyCall.channels = [];
      DeputyCall.backlog = [];
    },

    // Any thread: Module.deputy.call and .terminate.
    api(api) {
      api['call'] = (name, returnType, types, args, options) => DeputyCall.call(name, returnType, types, args, options?.['signal']);
#if EMBIND && !EMBIND_GEN_MODE
      api['set'] = (object, name, value) => DeputyEmbind.set(object, name, value);
#endif
      api['terminate'] = () => {
        var error = { name: 'AbortError', message: 'the program was terminated by Module.deputy.terminate()' };
        Deputy.crashed(error);
        DeputyPool.close();
        Deputy.end(new Error(error.message));
#if ASYNCIFY == 2
        DeputyJspi.close(new WebAssembly.RuntimeError(error.message));
#endif
      };
    },

    // ---- Thread that serves ------------------------------------------------------

    // By the index that the page has given them.
    functions: [],
    functionNames: [],
    // exit() was called with it, in a call.
    status: undefined,

    find(name) {
      if (name == 'passed:') return () => {};
#if EMBIND
      if (name == 'embind:') return DeputyEmbind.serve;
#endif
      var func = Module['_' + name];
#if MAIN_MODULE
      // Of a library that was opened on the way.
      func ??= resolveGlobalSymbol(name).sym;
#endif
      return func;
    },

    // Throws what is wrong with how it is called.
    check(index, count) {
      var name = DeputyCall.functionNames[index];
      // (A library may be opened that has it, after the page has called it in vain.)
      var func = DeputyCall.functions[index] ??= DeputyCall.find(name);
      if (typeof func != 'function') {
        throw new Error('there is no such function. Is it exported, by EMSCRIPTEN_KEEPALIVE or -sEXPORTED_FUNCTIONS=_' + name + '?');
      }
#if EMBIND
      if (func == DeputyEmbind.serve) return func;
#endif
#if !ASYNCIFY && !ABORT_ON_WASM_EXCEPTIONS
      // (Of what wraps it, here as well as in builds with ASSERTIONS, one can't tell. Without those,
      // wasmExports may have other names.)
      var { length } = {{{ ASSERTIONS ? 'wasmExports[name] ?? func' : 'func' }}};
      if (count != length) throw new TypeError(`it takes ${length} argument${length == 1 ? '' : 's'}, and was called with ${count}`);
#endif
      return func;
    },

    run(index, count, args, answer) {
      // There was none for its name.
      if (DeputyCall.functionNames[index] === undefined) return {{{ ANSWER_MEMORY }}};
      var sp = stackSave();
      DeputyCall.status = undefined;
      try {
        var values = [];
        for (var i = 0; i < count; i++, args += {{{ ARGUMENT_SIZE }}}) {
          values.push({{{ makeGetValue('args', 0, 'i32') }}} == {{{ KIND_BIGINT }}} ? DeputyCall.int64s().getBigInt64(args + 8, true) : {{{ makeGetValue('args', 8, 'double') }}});
        }
#if ASYNCIFY == 2
        DeputyJspi.isServing = true;
#endif
        var value = DeputyCall.check(index, count)(...values);
#if ASYNCIFY || EMBIND
        if (value instanceof Promise) {
          var message = __emscripten_deputy_take_call();
          if (!message) return {{{ ANSWER_MEMORY }}};
          DeputyCall.endLater(value, message);
          return {{{ LATER }}};
        }
#endif
        return DeputyCall.store(answer, value);
      } catch (e) {
        // The program, or this thread, has ended; what there was to say has been said.
        if (ABORT || DeputyPool.hasEnded) throw e;
        stackRestore(sp);
        var kind = DeputyCall.putError(answer, e);
        if (DeputyCall.status === undefined) return kind;
        // After exit() nothing of the program's is left to go on with, main() neither.
        __emscripten_deputy_end_current_call(kind, answer, {{{ EXIT_RUNTIME }}});
        throw e;
      }
#if ASYNCIFY == 2
      finally {
        DeputyJspi.isServing = false;
      }
#endif
    },

#if ASYNCIFY || EMBIND
    // Of an export that was suspended, or what a function that Embind binds has returned: a coroutine's, say.
    async endLater(promise, message) {
      var { turn } = DeputyPool;
      var put;
      try {
        var value = await promise;
        put = (answer) => DeputyCall.store(answer, value);
      } catch (e) {
        if (ABORT || DeputyPool.hasEnded) throw e;
        put = (answer) => DeputyCall.putError(answer, e);
      }
      // The thread has ended, which closed its calls, or the worker runs another by now.
      if (ABORT || DeputyPool.hasEnded || turn != DeputyPool.turn) return;
      var sp = stackSave();
      var answer = stackAlloc({{{ ANSWER_SIZE }}});
      __emscripten_deputy_end_call(message, put(answer), answer);
      stackRestore(sp);
    },
#endif

    // (There is no HEAP64 with -sWASM_BIGINT=0.)
    int64s: () => new DataView(HEAP8.buffer),

    store(answer, value) {
      switch (typeof value) {
        case 'number':
          {{{ makeSetValue('answer', ANSWER_VALUE, 'value', 'double') }}};
          return {{{ ANSWER_NUMBER }}};
        case 'bigint':
          DeputyCall.int64s().setBigInt64(answer + {{{ ANSWER_VALUE }}}, value, true);
          return {{{ ANSWER_BIGINT }}};
#if EMBIND
        case 'string':
          return DeputyCall.putBlock(answer, {{{ ANSWER_TEXT }}}, value);
#endif
      }
      return {{{ ANSWER_NOTHING }}};
    },

    putError(answer, e) {
      if (e === 'unwind') {
        // As emscripten_set_main_loop() leaves: no error.
        if (DeputyCall.status === undefined) return {{{ ANSWER_NOTHING }}};
        e = { name: 'ExitStatus', message: `it called exit(${DeputyCall.status})` };
      }
      return DeputyCall.putBlock(answer, {{{ ANSWER_ERROR }}}, JSON.stringify(DeputyCall.describe(e)));
    },

    putBlock(answer, kind, text) {
      var block = stringToNewUTF8(text);
      if (!block) return {{{ ANSWER_MEMORY }}};
      DeputyCall.int64s().setBigInt64(answer + {{{ ANSWER_VALUE }}}, BigInt(block), true);
      {{{ makeSetValue('answer', ANSWER_LENGTH, 'lengthBytesUTF8(text)', 'i32') }}};
      return kind;
    },

    // [name, message, stack]
    describe(e) {
      var { name, message, stack } = e ?? {};
#if WASM_EXCEPTIONS || !DISABLE_EXCEPTION_CATCHING
      if (e instanceof {{{ WASM_EXCEPTIONS ? 'WebAssembly.Exception' : 'CppException' }}}) {
        var text = {{{ EMBIND ? 'DeputyEmbind.texts.get(e)' : 'null' }}};
        if (!text) {
          text = getExceptionMessage(e);
          decrementExceptionRefcount(e);
        }
        name = 'CppException';
        message = text.filter((part) => part).join(': ');
      }
#endif
      if (!message) return ['Error', `it threw ${e}`, stack];
      return [name, message, stack?.replace(/^[^\n]*\n(?=\s+at )/, '')];
    },
  },

  // ---- Called by call.cpp ------------------------------------------------------

  _emscripten_deputy_name_function_js__deps: ['$DeputyCall', '$UTF8ToString'],
  _emscripten_deputy_name_function_js__sig: 'vip',
  _emscripten_deputy_name_function_js: (index, name) => {
    DeputyCall.functionNames[index] = UTF8ToString(name);
  },

  _emscripten_deputy_run_call_js__deps: ['$DeputyCall', '_emscripten_deputy_end_current_call', '$stackRestore', '$stackSave', '$stringToNewUTF8', '$lengthBytesUTF8',
#if ASYNCIFY || EMBIND
    '_emscripten_deputy_end_call', '_emscripten_deputy_take_call', '$stackAlloc',
#endif
#if MAIN_MODULE
    '$resolveGlobalSymbol',
#endif
#if WASM_EXCEPTIONS || !DISABLE_EXCEPTION_CATCHING
    '$getExceptionMessage', '$decrementExceptionRefcount',
#endif
  ],
  _emscripten_deputy_run_call_js__sig: 'iiipp',
  _emscripten_deputy_run_call_js: (index, count, args, answer) => DeputyCall.run(index, count, args, answer),

  _emscripten_deputy_answered_js__deps: ['$DeputyCall', '$waitAsyncPolyfilled'],
  _emscripten_deputy_answered_js__sig: 'vp',
  _emscripten_deputy_answered_js: (ring) => {
    if (waitAsyncPolyfilled) postMessage({ deputyAnswered: ring });
  },

  _emscripten_deputy_call_threads_js__sig: 'i',
  _emscripten_deputy_call_threads_js: () => {{{ DEPUTY_CALL_THREADS }}},

  // UI thread, these three.
  _emscripten_deputy_calls_opened_js__deps: ['$DeputyCall'],
  _emscripten_deputy_calls_opened_js__sig: 'vpp',
  _emscripten_deputy_calls_opened_js__proxy: 'async',
  _emscripten_deputy_calls_opened_js: (ring, thread) => DeputyCall.open(ring, thread),

  _emscripten_deputy_calls_missing_js__deps: ['$DeputyCall'],
  _emscripten_deputy_calls_missing_js__sig: 'vi',
  _emscripten_deputy_calls_missing_js__proxy: 'async',
  _emscripten_deputy_calls_missing_js: (threads) => void (DeputyCall.opening -= threads),

  _emscripten_deputy_calls_closed_js__deps: ['$DeputyCall'],
  _emscripten_deputy_calls_closed_js__sig: 'vp',
  _emscripten_deputy_calls_closed_js__proxy: 'sync',
  _emscripten_deputy_calls_closed_js: (ring) => DeputyCall.close((channel) => channel.ring == ring, 'the thread that served it has ended'),
};

#if EMBIND
LibraryDeputyCall.$DeputyCall__deps.push('$DeputyEmbind');
#endif
#if DEPUTY_CALLS == 'sync' || DEPUTY_SYNC_EXPORTS.length
LibraryDeputyCall.$DeputyCall__deps.push('_emscripten_deputy_await_answer');
#endif

// ---- Upstream's functions, changed -------------------------------------------

moveUpstream('$ccall', '$ccallHere', LibraryDeputyCall);
moveUpstream('$cwrap', '$cwrapHere', LibraryDeputyCall);

Object.assign(LibraryDeputyCall, {
  $ccall__deps: ['$ccallHere', '$DeputyCall'],
  $ccall__docs: `
  /**
   * @param {string|null=} returnType
   * @param {Array=} argTypes
   * @param {Array=} args
   * @param {Object=} opts
   */`,
  $ccall: (ident, returnType, argTypes, args, opts) =>
    {{{ ENVIRONMENT_IS_WORKER_THREAD() }}} || DeputyCall.policyOf(ident) == 'inline' ?
      ccallHere(ident, returnType, argTypes, args, opts) :
      DeputyCall.invoke(ident, returnType, argTypes, args),

  // Upstream's returns the function itself where all are numbers: what the page gets was not converted then.
  $cwrap__deps: ['$ccall', '$cwrapHere'],
  $cwrap: (ident, returnType, argTypes, opts) =>
    {{{ ENVIRONMENT_IS_WORKER_THREAD() }}} || DeputyCall.policyOf(ident) == 'inline' ?
      cwrapHere(ident, returnType, argTypes, opts) :
      (...args) => ccall(ident, returnType, argTypes, args, opts),
});

autoAddDeps(LibraryDeputyCall, '$DeputyCall');
addToLibrary(LibraryDeputyCall);
