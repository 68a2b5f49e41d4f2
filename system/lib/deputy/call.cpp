/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Calls of the page's JavaScript into C, which run on the deputy, or on threads
 * of their own (DEPUTY_CALL_THREADS). The way of a call, from file to file:
 *
 *   1. UI      libdeputy_call.js writes a message into the ring, and wakes the
 *              thread
 *   2. thread  mailbox.c, at the thread's event loop, comes to
 *              _emscripten_deputy_serve_calls, here; or the program, in
 *              emscripten_deputy_poll() and in waits that it said to be
 * alertable
 *   3. thread  libdeputy_call.js calls the function, with what it was given
 *   4. thread  the answer is written here, and the page woken
 *   5. UI      libdeputy_call.js settles the Promise
 *
 * Waits: the thread's for a call is its wait for mail (mailbox.c), or it is on
 * `mail`, for as long as it says itself. The page waits by Atomics.waitAsync,
 * and is told by JavaScript when a thread that serves has ended. `mail` and
 * `page_mail` are handshake.h's, each the word of who is woken by it.
 */

#include <atomic>
#include <errno.h>
#include <math.h>
#include <new>
#include <pthread.h>
#include <string.h>

#include <emscripten/deputy.h>
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#include <emscripten/proxying.h>
#include <emscripten/threading.h>

#include "../libc/musl/src/internal/proxying_notification_state.h"
#include "call.h"
#include "call_ring.h"
#include "event.h"
#include "thread_life.h"
#include "ui_wait.h"

using std::atomic_int;
#include "handshake.h"

using namespace deputy;

extern "C" {

// In libdeputy_call.js. The thread that serves: what is called `index` from now
// on; calls it, and returns what to answer; `answer` has the value then.
void _emscripten_deputy_name_function_js(int index, const char* name);
int _emscripten_deputy_run_call_js(int index,
                                   int count,
                                   const Argument* arguments,
                                   Answer* answer);

// In libdeputy_call.js. The page may be asleep where its engine has no
// Atomics.waitAsync.
void _emscripten_deputy_answered_js(CallRing* ring);

// In libdeputy_call.js. The UI thread: `thread` serves calls by `ring`, or does
// no more. The second is waited for.
void _emscripten_deputy_calls_opened_js(CallRing* ring, pthread_t thread);
void _emscripten_deputy_calls_closed_js(CallRing* ring);
// So many of DEPUTY_CALL_THREADS will not come.
void _emscripten_deputy_calls_missing_js(int threads);

// In libdeputy_call.js: DEPUTY_CALL_THREADS.
int _emscripten_deputy_call_threads_js(void);

// In activation.c, in programs with JSPI.
struct activation;
__attribute__((weak)) activation* _emscripten_deputy_activation(void);

// In mailbox.c. The thread: runs its mail, and leaves it; after
// _emscripten_deputy_leave_calls.
void _emscripten_deputy_receive_mail(void);
bool _emscripten_deputy_has_mailbox(void);
bool _emscripten_deputy_leave_mail(double ms);
void _emscripten_deputy_leave_mail_for_now(void);
bool _emscripten_deputy_is_turn_over(void);
// Any thread. Whether it had to be woken for its mail.
bool _emscripten_deputy_wake(pthread_t thread);

double emscripten_get_now(void);
void _emscripten_deputy_open_calls(void);
void _emscripten_deputy_serve_until(std::atomic<int>* flag);
void _emscripten_deputy_set_flag(pthread_t thread, std::atomic<int>* flag);
Message* _emscripten_deputy_take_call(void);
void _emscripten_deputy_end_call(Message* message, int kind, Answer* value);
void _emscripten_deputy_end_current_call(int kind, Answer* value, int is_last);
bool _emscripten_deputy_await_answer(CallRing* ring, int has_more);

} // extern "C"

// What a function's value is to the page. In libdeputy_call.js, too.
enum Returns : uint32_t { RETURNS_VALUE, RETURNS_TEXT };

// What _emscripten_deputy_run_call_js returns besides AnswerKind: it has taken
// the call, which ends by _emscripten_deputy_end_call().
constexpr int LATER = -1;

// Of a thread that serves. It is never freed: the page may be about to write to
// the ring.
struct call_server {
  CallRing ring;
  CallReader reader{ring, !_emscripten_deputy_activation};
  // Answers whose blocks were freed.
  uint32_t freed = 0;
  // The call that it runs; -1: none; MAX_CALLS: it has called exit().
  int current = -1;
  // One of several, each of which the page gives a call at a time: it has to
  // know when one ends later. (Its calls are MAX_CALLS / 2 at most.)
  bool tells_later = false;
  bool is_alertable = false;
};

namespace {

call_server of_deputy;

call_server* own_server() {
  return _emscripten_deputy_notes(pthread_self())->call_server;
}

// ---- Answers ----------------------------------------------------------------

bool has_block(const Answer& answer) {
  return answer.kind == AnswerKind::TEXT || answer.kind == AnswerKind::ERROR;
}

void free_seen(call_server& server) {
  CallRing& ring = server.ring;
  uint32_t seen = ring.seen.load(std::memory_order_acquire);
  for (; server.freed != seen; server.freed++) {
    Answer& answer = ring.answers[server.freed % MAX_CALLS];
    if (has_block(answer)) {
      free(reinterpret_cast<void*>(answer.block));
    }
  }
}

void wake_page(CallRing& ring) {
  if (mail_has_come(&ring.page_mail)) {
    __builtin_wasm_memory_atomic_notify(reinterpret_cast<int*>(&ring.page_mail),
                                        -1);
    _emscripten_deputy_answered_js(&ring);
  }
}

void answer(call_server& server, Answer value) {
  CallRing& ring = server.ring;
  // Of those before in this place the page has seen all (MAX_CALLS).
  free_seen(server);
  uint32_t answered = ring.answered.load(std::memory_order_relaxed);
  ring.answers[answered % MAX_CALLS] = value;
  if (value.kind != AnswerKind::LATER) {
    ring.states[value.id].store(CallState::ENDED);
  }
  ring.answered.store(answered + 1);
  wake_page(ring);
}

// What a function returned as a pointer, where the page wants the text there.
void copy_text(Answer& value) {
  auto* text = value.kind == AnswerKind::BIGINT
                 ? reinterpret_cast<const char*>(value.bigint)
                 : reinterpret_cast<const char*>(static_cast<uintptr_t>(
                     static_cast<int64_t>(value.number)));
  size_t length = text ? strlen(text) : 0;
  void* block = malloc(length + 1);
  if (!block) {
    value.kind = AnswerKind::MEMORY;
    return;
  }
  if (length) {
    memcpy(block, text, length);
  }
  value.kind = AnswerKind::TEXT;
  value.block = reinterpret_cast<uintptr_t>(block);
  value.length = length;
}

// ---- Calls ------------------------------------------------------------------

// Arguments as JavaScript passes them on.
void resolve_pointers(Message& message) {
  for (uint32_t i = 0; i < message.count; i++) {
    Argument& argument = message.arguments()[i];
    if (argument.kind == ArgumentKind::NUMBER ||
        argument.kind == ArgumentKind::BIGINT) {
      continue;
    }
    uintptr_t pointer = argument.kind == ArgumentKind::NOTHING
                          ? 0
                          : reinterpret_cast<uintptr_t>(&message) +
                              static_cast<uintptr_t>(argument.offset);
    if (sizeof(void*) == 8) {
      argument.kind = ArgumentKind::BIGINT;
      argument.bigint = pointer;
    } else {
      argument.kind = ArgumentKind::NUMBER;
      argument.number = pointer;
    }
  }
}

void end(call_server& server, const Message& message, Answer& value) {
  bool is_value =
    value.kind == AnswerKind::NUMBER || value.kind == AnswerKind::BIGINT;
  if (message.returns == RETURNS_TEXT && is_value) {
    copy_text(value);
  }
  answer(server, value);
}

void name_function(call_server& server) {
  Message& message = server.reader.get();
  _emscripten_deputy_name_function_js(
    message.function, reinterpret_cast<const char*>(message.arguments() + 1));
  server.reader.release();
}

void run(call_server& server) {
  Message& message = server.reader.get();
  resolve_pointers(message);
  Answer value = {.id = message.id, .kind = AnswerKind::NOTHING};
  CallState state = CallState::WAITING;
  if (!server.ring.states[message.id].compare_exchange_strong(
        state, CallState::BEGUN)) {
    value.kind = AnswerKind::ABORTED;
    answer(server, value);
    server.reader.release();
    return;
  }
  // (Who takes the call may have freed the message before it is told.)
  const uint32_t id = message.id;
  server.current = id;
  int kind = _emscripten_deputy_run_call_js(
    message.function, message.count, message.arguments(), &value);
  server.current = -1;
  if (kind == LATER) {
    if (server.tells_later) {
      answer(server, {.id = id, .kind = AnswerKind::LATER});
    }
    return;
  }
  value.kind = static_cast<AnswerKind>(kind);
  end(server, message, value);
  server.reader.release();
}

// Whether the page waits to write on.
void wake_writer(CallRing& ring) {
  if (ring.is_full.load() && ring.is_full.exchange(0)) {
    wake_page(ring);
  }
}

// How many calls there were. Those that come meanwhile are run as well, up to
// a limit: the thread has more to do.
int serve(call_server& server) {
  CallRing& ring = server.ring;
  int count = 0;
  free_seen(server);
  while (count < static_cast<int>(MAX_CALLS) &&
         !_emscripten_deputy_is_turn_over()) {
    // Before the events: those before a call that is seen here are seen, too.
    uint32_t written = ring.written.load(std::memory_order_acquire);
    uint32_t read = ring.read.load(std::memory_order_relaxed);
    if (_emscripten_deputy_run_events &&
        !_emscripten_deputy_run_events(&read)) {
      break;
    }
    auto got = server.reader.next(written);
    wake_writer(ring);
    if (got == CallReader::Got::NOTHING) {
      break;
    }
    if (got == CallReader::Got::INVALID) {
      emscripten_err("a call from the page can't be read: something wrote to "
                     "memory that is not its own");
      abort();
    }
    if (got == CallReader::Got::NO_MEMORY) {
      // Of a name, the calls that need it are answered so.
      const Message& head = server.reader.get_head();
      if (head.kind == MessageKind::CALL) {
        answer(server, {.id = head.id, .kind = AnswerKind::MEMORY});
      }
      server.reader.release();
      count++;
    } else if (server.reader.get().kind == MessageKind::NAME) {
      name_function(server);
    } else {
      run(server);
      count++;
    }
  }
  return count;
}

// Of a call that the thread is in, no other is run.
bool may_serve(call_server* server) { return server && server->current < 0; }

} // namespace

// ---- At the mailbox ---------------------------------------------------------

bool _emscripten_deputy_serve_calls(call_server* server) {
  mail_receive(&server->ring.mail);
  return may_serve(server) && serve(*server);
}

bool _emscripten_deputy_has_calls(call_server* server) {
  const CallRing& ring = server->ring;
  return may_serve(server) && ring.written.load() != ring.read.load();
}

bool _emscripten_deputy_leave_calls(call_server* server, double ms) {
  atomic_int* mail = &server->ring.mail;
  if (!mail_leave(mail)) {
    return false;
  }
  if (ms > 0) {
    _emscripten_deputy_block(mail, NOTIFICATION_NONE, ms);
  }
  return mail->load() == NOTIFICATION_NONE;
}

void _emscripten_deputy_leave_calls_for_now(call_server* server) {
  mail_leave_for_now(&server->ring.mail);
}

bool _emscripten_deputy_wake_server(call_server* server) {
  atomic_int* mail = &server->ring.mail;
  mail_has_come(mail);
  return __builtin_wasm_memory_atomic_notify(reinterpret_cast<int*>(mail), -1);
}

// ---- In the middle of the program: see emscripten/deputy.h ------------------

int emscripten_deputy_poll(void) {
  call_server* server = own_server();
  if (emscripten_is_main_runtime_thread() || (server && !may_serve(server)) ||
      !_emscripten_deputy_has_mailbox()) {
    return 0;
  }
  // It may be in a task from its event loop, of which the turn is over.
  struct deputy_notes* notes = _emscripten_deputy_notes(pthread_self());
  double turn_end = notes->turn_end;
  notes->turn_end = 0;
  // What they wait for has its own name.
  struct deputy_wait outer = _emscripten_deputy_begin_wait(0, nullptr);
  int count = 0;
  do {
    _emscripten_deputy_receive_mail();
    if (server) {
      mail_receive(&server->ring.mail);
      count += serve(*server);
    } else if (_emscripten_deputy_run_events) {
      _emscripten_deputy_run_events(nullptr);
    }
    if (count >= static_cast<int>(MAX_CALLS)) {
      _emscripten_deputy_leave_mail_for_now();
      break;
    }
  } while (!_emscripten_deputy_leave_mail(0));
  _emscripten_deputy_end_wait(outer);
  notes->turn_end = turn_end;
  return count;
}

int emscripten_deputy_wait(double ms) {
  call_server* server = own_server();
  if (!may_serve(server)) {
    emscripten_thread_sleep(ms);
    return 0;
  }
  struct deputy_wait outer =
    _emscripten_deputy_begin_wait(DEPUTY_CALL_PAGE, &server->ring.mail);
  double end = emscripten_get_now() + ms;
  int count = 0;
  for (double left = ms; !(count = emscripten_deputy_poll()) && left > 0;
       left = end - emscripten_get_now()) {
    // (Of what has come since, it is not NONE any more.)
    _emscripten_deputy_block(&server->ring.mail, NOTIFICATION_NONE, left);
  }
  _emscripten_deputy_end_wait(outer);
  return count;
}

// Deputy, before main(). Until _emscripten_deputy_set_flag.
void _emscripten_deputy_serve_until(atomic_int* flag) {
  static_assert(NOTIFICATION_NONE == 0, "as a flag that is not set");
  if (flag->load()) {
    return;
  }
  call_server* server = own_server();
  atomic_int* word = server ? &server->ring.mail : flag;
  struct deputy_wait outer =
    _emscripten_deputy_begin_wait(DEPUTY_CALL_PAGE, word);
  while (emscripten_deputy_poll(), !flag->load()) {
    _emscripten_deputy_block(word, NOTIFICATION_NONE, INFINITY);
  }
  // What the page has called before it set the flag.
  emscripten_deputy_poll();
  _emscripten_deputy_end_wait(outer);
}

// UI thread. (The deputy may have seen the flag, and be at its event loop, when
// it is woken; or have ended: 0.)
void _emscripten_deputy_set_flag(pthread_t thread, atomic_int* flag) {
  flag->store(1);
  if (!thread) {
    return;
  }
  if (_emscripten_deputy_notes(thread)->call_server) {
    _emscripten_deputy_wake(thread);
  } else {
    __builtin_wasm_memory_atomic_notify(reinterpret_cast<int*>(flag), -1);
  }
}

bool emscripten_deputy_set_alertable(bool is_alertable) {
  call_server* server = own_server();
  if (!server) {
    return false;
  }
  bool was_alertable = server->is_alertable;
  server->is_alertable = is_alertable;
  return was_alertable;
}

bool emscripten_deputy_call_is_aborted(void) {
  call_server* server = own_server();
  return server && server->current >= 0 &&
         server->current < static_cast<int>(MAX_CALLS) &&
         server->ring.states[server->current].load(std::memory_order_relaxed) ==
           CallState::ABORTED;
}

bool _emscripten_deputy_is_alertable(const volatile void* address) {
  call_server* server = own_server();
  if (!may_serve(server) || !server->is_alertable) {
    return false;
  }
  const struct deputy_wait& wait =
    _emscripten_deputy_notes(pthread_self())->wait;
  return wait.is_long || wait.call == DEPUTY_CALL_SLEEP ||
         (wait.call == DEPUTY_CALL_COND &&
          !_emscripten_deputy_is_lock_of_cond(wait.object, address));
}

uint32_t _emscripten_deputy_calls_written(void) {
  return of_deputy.ring.written.load(std::memory_order_relaxed);
}

// ---- Threads that serve -----------------------------------------------------

void _emscripten_deputy_close_calls(call_server* server) {
  _emscripten_deputy_calls_closed_js(&server->ring);
  _emscripten_deputy_end_calls(server);
}

void _emscripten_deputy_end_calls(call_server* server) {
  CallRing& ring = server->ring;
  ring.is_over.store(1);
  if (mail_has_come(&ring.page_mail)) {
    __builtin_wasm_memory_atomic_notify(reinterpret_cast<int*>(&ring.page_mail),
                                        -1);
  }
}

namespace {

void open(call_server& server) {
  server.ring.page_mail = NOTIFICATION_RECEIVED;
  _emscripten_deputy_notes(pthread_self())->call_server = &server;
  _emscripten_deputy_calls_opened_js(&server.ring, pthread_self());
}

void* serve_calls(void* server) {
  pthread_setname_np(pthread_self(), "calls");
  open(*static_cast<call_server*>(server));
  emscripten_runtime_keepalive_push();
  return nullptr;
}

// Whether there is one more, of so many that are wanted.
bool start(int wanted) {
  auto* server = static_cast<call_server*>(calloc(1, sizeof(call_server)));
  if (!server) {
    return false;
  }
  new (server) call_server;
  server->tells_later = wanted > 1;
  pthread_t thread;
  if (pthread_create(&thread, nullptr, serve_calls, server)) {
    free(server);
    return false;
  }
  pthread_detach(thread);
  return true;
}

} // namespace

// Deputy, before main().
void _emscripten_deputy_open_calls(void) {
  const int wanted = _emscripten_deputy_call_threads_js();
  int started = 0;
  while (started < wanted && start(wanted)) {
    started++;
  }
  if (!started) {
    of_deputy.tells_later = wanted > 1;
    open(of_deputy);
  }
  if (started < wanted) {
    emscripten_err("DEPUTY_CALL_THREADS: not all threads can be created; "
                   "calls are served by those that could, or by the deputy");
    // The deputy stands for one of them.
    _emscripten_deputy_calls_missing_js(wanted - (started ? started : 1));
  }
}

// ---- Called by libdeputy_call.js --------------------------------------------

// The thread that serves, in a call that is to end later. Null: no memory.
Message* _emscripten_deputy_take_call(void) {
  return own_server()->reader.take();
}

// The thread that serves. The end of such a call.
void _emscripten_deputy_end_call(Message* message, int kind, Answer* value) {
  value->id = message->id;
  value->kind = static_cast<AnswerKind>(kind);
  end(*own_server(), *message, *value);
  free(message);
}

// The thread that serves. The end of the call that it is in, before an
// exception leaves it and what is around it: exit()'s. Of the last one, when
// that ends the runtime.
void _emscripten_deputy_end_current_call(int kind, Answer* value, int is_last) {
  call_server& server = *own_server();
  _emscripten_deputy_forget_cleanup();
  value->id = server.current;
  value->kind = static_cast<AnswerKind>(kind);
  server.current = is_last ? static_cast<int>(MAX_CALLS) : -1;
  answer(server, *value);
  server.reader.release();
}

// UI thread. Waits for an answer that the page has not seen, in its guard; or
// until there is room for more of what it has to write. False: the thread has
// ended.
bool _emscripten_deputy_await_answer(CallRing* ring, int has_more) {
  auto is_over = [&] {
    return ring->answered.load() != ring->seen.load() || ring->is_over.load() ||
           (has_more && !ring->is_full.load());
  };
  struct deputy_wait outer =
    _emscripten_deputy_begin_wait(DEPUTY_CALL_PAGE, ring);
  while (!is_over()) {
    ring->page_mail.store(NOTIFICATION_NONE);
    if (is_over()) {
      break;
    }
    emscripten_futex_wait(&ring->page_mail, NOTIFICATION_NONE, INFINITY);
  }
  _emscripten_deputy_end_wait(outer);
  return !ring->is_over.load();
}
