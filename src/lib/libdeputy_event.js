/**
 * @license
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Events of html5.h in programs whose callbacks are on the deputy: what the page does with
 * them by itself (emscripten_deputy_event_policy), how they get to the deputy without a
 * lock (system/lib/deputy/event.c), and requests that wait for a gesture of the user's.
 *
 * Upstream's libhtml5.js has the listeners; its JSEvents is changed here when the script is
 * evaluated. Only programs that use it have any of this. This file is read after
 * libdeputy.js.
 */

#if !DEPUTY_THREAD
#error "Internal error! DEPUTY_THREAD should be enabled when including libdeputy_event.js."
#endif

{{{
  // Of emscripten/deputy.h.
  const EVENT_PREVENT_DEFAULT = 1, EVENT_STOP_PROPAGATION = 2, EVENT_STAY = 4, EVENT_COALESCE = 8;
  // Of struct registration, in event.c.
  const REGISTRATION_IS_COALESCED = 0;
}}}

var LibraryDeputyEvent = {
  $DeputyEvent__deps: ['$Deputy', '_emscripten_deputy_event_add', '_emscripten_deputy_event_proxy', '_emscripten_deputy_event_remove', '_emscripten_deputy_event_send', '_emscripten_deputy_tid'],
  $DeputyEvent__postset: 'DeputyEvent.wrap();',
  $DeputyEvent: {
    // Of the registration that is under way.
    thread: 0,
    // The handler, of JSEvents, of the event that is under way.
    current: null,
    // Of a target: of a type: { flags, listener }.
    policies: new Map,

    // What is different in JSEvents.
    wrap() {
      Deputy.listeners.push(() => {
        // (C is not called any more: a thread may have been ended with malloc's lock.)
        for (var handler of JSEvents.eventHandlers) handler.registration = 0;
        JSEvents.removeAllEventListeners();
      });

      var getTargetThread = JSEvents.getTargetThreadForEventCallback;
      JSEvents.getTargetThreadForEventCallback = (thread) => DeputyEvent.thread = getTargetThread(thread);

      var registerOrRemove = JSEvents.registerOrRemoveHandler;
      JSEvents.registerOrRemoveHandler = (handler) => {
        DeputyEvent.prepare(handler);
        return registerOrRemove(handler);
      };

      var remove = JSEvents._removeHandler;
      JSEvents._removeHandler = (i) => {
        var handler = JSEvents.eventHandlers[i];
        if (handler.registration) __emscripten_deputy_event_remove(handler.registration);
        remove(i);
      };

      var removeAll = JSEvents.removeAllEventListeners;
      JSEvents.removeAllEventListeners = () => {
        removeAll();
        for (var [target, policies] of DeputyEvent.policies) {
          for (var type of policies.keys()) DeputyEvent.set(target, type, 0);
        }
      };

#if HTML5_SUPPORT_DEFERRING_USER_SENSITIVE_REQUESTS
      var defer = JSEvents.deferCall;
      JSEvents.deferCall = (func, precedence, args) => {
        defer(func, precedence, args);
        DeputyEvent.listenForGesture(true);
      };
#endif
    },

    // ---- UI thread: registrations --------------------------------------------------

    // (Upstream asks for the thread right before it registers a handler.)
    prepare(handler) {
      var { thread } = DeputyEvent;
      DeputyEvent.thread = 0;
      if (!thread || !handler.target || !handler.callbackfunc) return;
      handler.registration = __emscripten_deputy_event_add(thread, handler.callbackfunc, handler.eventTypeId, handler.userData);
      if (handler.registration) DeputyEvent.setCoalesced(handler);
      else handler.tid = __emscripten_deputy_tid(thread);
      var handle = handler.handlerFunc;
      handler.handlerFunc = (e) => {
        var outer = DeputyEvent.current;
        DeputyEvent.current = handler;
        try {
          handle(e);
        } finally {
          DeputyEvent.current = outer;
        }
      };
    },

    setCoalesced(handler) {
      var flags = DeputyEvent.policies.get(handler.target)?.get(handler.eventTypeString)?.flags;
      {{{ makeSetValue('handler.registration', REGISTRATION_IS_COALESCED, 'flags & ' + EVENT_COALESCE + ' ? 1 : 0', 'i8') }}};
    },

    // ---- UI thread: events ----------------------------------------------------------

    send(handler, data, size) {
      var waiting = __emscripten_deputy_event_send(handler.registration, data, size);
      if (!waiting || handler.hasDropped) return;
      handler.hasDropped = true;
      var type = handler.eventTypeString;
      var coalesce = DeputyEvent.canCoalesce(type) ? ', or have only the latest, by emscripten_deputy_event_policy() with EMSCRIPTEN_DEPUTY_EVENT_COALESCE' : '';
      err(`${type}: an event is lost, as others of its callback will be while ${waiting} of them wait for the deputy. Let it return to its event loop, sleep or call emscripten_deputy_poll() more often${coalesce}.`);
    },

    // ---- UI thread: policies --------------------------------------------------------

    canCoalesce: (type) => ['mousemove', 'pointermove', 'touchmove', 'wheel', 'resize', 'scroll', 'deviceorientation', 'devicemotion'].includes(type),

    isValid(target, type, flags) {
      if (!type || flags & ~{{{ EVENT_PREVENT_DEFAULT | EVENT_STOP_PROPAGATION | EVENT_STAY | EVENT_COALESCE }}}) return false;
      if (flags & {{{ EVENT_STAY }}} && !(type == 'beforeunload' && target == globalThis.window)) return false;
      return !(flags & {{{ EVENT_COALESCE }}}) || DeputyEvent.canCoalesce(type);
    },

    set(target, type, flags) {
      var policies = DeputyEvent.policies.get(target) ?? new Map();
      var listener = policies.get(type)?.listener;
      if (listener) target.removeEventListener(type, listener);
      listener = null;
      if (flags & {{{ EVENT_PREVENT_DEFAULT | EVENT_STOP_PROPAGATION | EVENT_STAY }}}) {
        listener = (e) => DeputyEvent.apply(e, flags);
        // Where it may prevent the default browsers take it for passive, on the window and
        // the document.
        target.addEventListener(type, listener, { passive: !(flags & {{{ EVENT_PREVENT_DEFAULT | EVENT_STAY }}}) });
      }
      if (flags) policies.set(type, { flags, listener });
      else policies.delete(type);
      if (policies.size) DeputyEvent.policies.set(target, policies);
      else DeputyEvent.policies.delete(target);
      for (var handler of JSEvents.eventHandlers) {
        if (handler.registration && handler.target == target && handler.eventTypeString == type) DeputyEvent.setCoalesced(handler);
      }
    },

    apply(e, flags) {
      if (flags & {{{ EVENT_PREVENT_DEFAULT | EVENT_STAY }}}) e.preventDefault();
      // For browsers that look at this alone. What it says is not shown.
      if (flags & {{{ EVENT_STAY }}}) e.returnValue = 'stay';
      if (flags & {{{ EVENT_STOP_PROPAGATION }}}) e.stopPropagation();
    },

#if HTML5_SUPPORT_DEFERRING_USER_SENSITIVE_REQUESTS
    // ---- UI thread: requests that wait for a gesture ---------------------------------

    // Upstream makes them in an event that has a handler of html5.h. Any will do.
    listenForGesture(listens) {
      for (var type of ['pointerdown', 'pointerup', 'mousedown', 'mouseup', 'click', 'touchend', 'keydown', 'keyup']) {
        // (Once, however often it is added.)
        if (listens) document.addEventListener(type, DeputyEvent.atGesture, true);
        else document.removeEventListener(type, DeputyEvent.atGesture, true);
      }
    },

    atGesture() {
      // Where the browser does not say what is a gesture.
      var outer = JSEvents.currentEventHandler;
      JSEvents.currentEventHandler = { allowsDeferredCalls: true };
      ++JSEvents.inEventHandler;
      try {
        JSEvents.runDeferredCalls();
      } finally {
        --JSEvents.inEventHandler;
        JSEvents.currentEventHandler = outer;
      }
      if (!JSEvents.deferredCalls.length) DeputyEvent.listenForGesture(false);
    },
#endif
  },

  // ---- Called by the program

  emscripten_deputy_event_policy__deps: ['$DeputyEvent', '$JSEvents', '$findEventTarget', '$UTF8ToString'],
  emscripten_deputy_event_policy__sig: 'ippi',
  emscripten_deputy_event_policy__proxy: 'sync',
  emscripten_deputy_event_policy: (target, type, flags) => {
    target = findEventTarget(target);
    type = type ? UTF8ToString(type) : '';
    if (!DeputyEvent.isValid(target, type, flags)) return {{{ cDefs.EMSCRIPTEN_RESULT_INVALID_PARAM }}};
    if (!target) return {{{ cDefs.EMSCRIPTEN_RESULT_UNKNOWN_TARGET }}};
#if EXIT_RUNTIME
    JSEvents.registerRemoveEventListeners();
#endif
    DeputyEvent.set(target, type, flags);
    return {{{ cDefs.EMSCRIPTEN_RESULT_SUCCESS }}};
  },
};

// ---- Upstream's functions, changed -------------------------------------------

if ('$JSEvents' in LibraryManager.library) {
  LibraryManager.library.$JSEvents__deps.push('$DeputyEvent');
  // Which upstream's lacks.
  LibraryManager.library.$registerRestoreOldStyle__deps.push('$getFullscreenElement');

  Object.assign(LibraryDeputyEvent, {
    // UI thread, in a handler. Other callbacks than the deputy's are sent as upstream's.
    _emscripten_run_callback_on_thread__deps: ['$DeputyEvent', '_emscripten_deputy_event_proxy', '_emscripten_deputy_tid'],
    _emscripten_run_callback_on_thread: (thread, callback, type, data, size, userData) => {
      var handler = DeputyEvent.current;
      if (handler?.registration) DeputyEvent.send(handler, data, size);
      else __emscripten_deputy_event_proxy(handler?.tid ?? __emscripten_deputy_tid(thread), callback, type, data, size, userData);
    },

    // Upstream's looks for them on the calling thread, where there are none.
    emscripten_html5_remove_all_event_listeners__proxy: 'sync',
  });
}

addToLibrary(LibraryDeputyEvent);
