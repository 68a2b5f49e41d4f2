// Copyright 2026 The Emscripten Deputy Authors.
// SPDX-License-Identifier: MIT
//
// First script of every test page: sends what happens on the page to server.py, event by event, so that
// what came before a hang or a crash is known. page.js, the last script, ends the page through it.

globalThis.harnessReporter = (() => {
  const here = new URL('-/', location.href);
  // Taken now: a test may replace them.
  const {fetch, console, JSON} = {fetch: globalThis.fetch.bind(globalThis), console: {...globalThis.console}, JSON: globalThis.JSON};
  // A thread that blocks after this many unanswered posts loses what it queued; a program that prints
  // without end must not queue a request a line.
  const MAX_POSTS = 32;
  let queue = [];
  let posts = 0;
  let sequence = 0;
  let onIdle = () => {};

  function flush() {
    if (!queue.length) return onIdle();
    const body = JSON.stringify(queue);
    queue = [];
    posts++;
    fetch(new URL('events', here), {method: 'POST', body})
      .catch((error) => console.warn('harness: events lost:', error))
      .finally(() => {
        posts--;
        flush();
      });
  }

  function record(event) {
    queue.push({...event, sequence: sequence++, at: performance.now()});
    if (posts < MAX_POSTS) flush();
  }

  function idle() {
    return new Promise((resolve) => {
      onIdle = () => posts || resolve();
      flush();
    });
  }

  function show(value) {
    if (value instanceof Error) return `${value}\n${value.stack}`;
    if (typeof value != 'object' || value === null) return String(value);
    try {
      return JSON.stringify(value);
    } catch {
      return String(value);
    }
  }

  for (const level of ['debug', 'log', 'info', 'warn', 'error']) {
    globalThis.console[level] = (...values) => {
      console[level](...values);
      record({type: 'console', level, text: values.map(show).join(' ')});
    };
  }
  addEventListener('error', (event) => {
    // Of a failed resource (script, image) only the target is told; it does not bubble, hence the capture.
    const target = event.target?.src;
    const message = target ? `could not load ${target}` : event.message;
    record({type: 'error', message, stack: String(event.error?.stack ?? `${event.filename}:${event.lineno}`)});
  }, true);
  addEventListener('unhandledrejection', ({reason}) => {
    record({type: 'unhandled', ...harnessError(reason)});
  });
  document.addEventListener('securitypolicyviolation', (event) => {
    record({type: 'csp', directive: event.effectiveDirective, blocked: event.blockedURI});
  });

  globalThis.upload = async (name, data) => {
    const answer = await fetch(new URL(`upload/${encodeURIComponent(name)}`, here), {method: 'PUT', body: data});
    if (!answer.ok) throw new Error(`upload of ${name}: ${answer.status}`);
  };

  // [[method, parameters], ...] of the DevTools protocol's domain Input; Chromium alone.
  globalThis.sendInput = async (events) => {
    const answer = await fetch(new URL('input', here), {method: 'POST', body: JSON.stringify(events)});
    if (!answer.ok) throw new Error(`no input: ${await answer.text()}`);
  };

  const firstReport = new Promise((resolve) => {
    globalThis.report = async (value) => {
      record({type: 'report', value});
      resolve();
    };
  });

  return {
    record,
    firstReport,
    async end() {
      await idle();
      record({type: 'end'});
      await idle();
      // A real navigation: it takes this page's workers with it.
      location.replace('/tab/' + new URLSearchParams(location.search).get('tab'));
    },
  };
})();
