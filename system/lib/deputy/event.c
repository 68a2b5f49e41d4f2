/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Events of html5.h whose callbacks are on the deputy. The way of an event,
 * from file to file:
 *
 *   1. UI      upstream's libhtml5.js has written it to memory, and
 *              libdeputy_event.js calls _emscripten_deputy_event_send
 *   2. UI      that copies it into the ring here, or over the one before it
 * that the deputy has not taken (EMSCRIPTEN_DEPUTY_EVENT_COALESCE), and wakes
 * the deputy; it waits for nothing, malloc's lock included
 *   3. deputy  _emscripten_deputy_run_events takes it and calls the callback,
 *              where tasks in its mailbox are run (mailbox.c, proxying.c) and
 *              between calls of the page's (call.cpp)
 *
 * What is not taken is bounded: by MAX_WAITING for each registration, and by
 * the ring for all. Of what comes beyond that the page is told. Events that are
 * coalesced have places of their own, and none is lost.
 *
 * All atomics are seq_cst. The ring's are as call_ring.h's: `written` is a
 * release of the bytes before it, `read` of their end.
 */

#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <emscripten/deputy.h>
#include <emscripten/html5.h>
#include <emscripten/proxying.h>

#include "event.h"
#include "pthread_impl.h"
#include "queues.h"
#include "thread_life.h"
#include "thread_mailbox.h"

// For events of all types together; 256 keys, say.
#define RING_BYTES (64 * 1024)
#define MAX_WAITING 256

typedef bool (*event_callback)(int type, void* event, void* user_data);

// The largest ones.
union event_data {
  EmscriptenTouchEvent touch;
  EmscriptenGamepadEvent gamepad;
  EmscriptenFullscreenChangeEvent fullscreen;
  EmscriptenFocusEvent focus;
};

// What the page sends, in its order. Sequences are multiples of 4, modulo 2^32.
struct order {
  uint32_t sequence;
  // What the page had written of its calls, modulo 2^32 (call_ring.h).
  uint32_t calls;
};

// In the lower bits of a place's `state`, beside the sequence of the event that
// is there. The UI thread takes READY to WRITING and back, or FREE to READY;
// the deputy READY to TAKEN to FREE.
enum { FREE, READY, WRITING, TAKEN, STATES };

// Of an event that is coalesced.
struct place {
  atomic_uint state;
  // The deputy looks at it before it takes the event.
  atomic_uint calls;
  uint32_t size;
  // Of place_size.
  void* data;
};

// A callback for events of a type, on a target.
struct registration {
  // Written by libdeputy_event.js.
  bool is_coalesced;
  // The UI thread writes it; the deputy drops what there still is.
  atomic_bool is_removed;
  event_callback callback;
  int type;
  void* user_data;
  // Events of it in the ring.
  atomic_int waiting;
  struct registration* next;
  // While the deputy takes what is in one, the next event goes to the other. 0:
  // its events can't be coalesced.
  size_t place_size;
  struct place places[2];
};

// In the ring, at the start of each event. Not parted at its end: what is left
// there is skipped, by a record without registration where one has room.
struct record {
  uint32_t size;
  uint32_t data_size;
  struct order order;
  struct registration* registration;
};

static struct {
  // Bytes since the start, modulo 2^32; the UI thread's and the deputy's.
  atomic_uint written;
  atomic_uint read;
  alignas(8) uint8_t bytes[RING_BYTES];
} ring;

// The UI thread adds to it.
static _Atomic(struct registration*) registrations;

static uint32_t round_up(uint32_t size) { return (size + 7) & ~7; }

// ---- UI thread: registrations -----------------------------------------------

static size_t place_size_of(int type) {
  switch (type) {
    case EMSCRIPTEN_EVENT_MOUSEMOVE:
      return sizeof(EmscriptenMouseEvent);
    case EMSCRIPTEN_EVENT_WHEEL:
      return sizeof(EmscriptenWheelEvent);
    case EMSCRIPTEN_EVENT_TOUCHMOVE:
      return sizeof(EmscriptenTouchEvent);
    case EMSCRIPTEN_EVENT_RESIZE:
    case EMSCRIPTEN_EVENT_SCROLL:
      return sizeof(EmscriptenUiEvent);
    case EMSCRIPTEN_EVENT_DEVICEORIENTATION:
      return sizeof(EmscriptenDeviceOrientationEvent);
    case EMSCRIPTEN_EVENT_DEVICEMOTION:
      return sizeof(EmscriptenDeviceMotionEvent);
  }
  return 0;
}

// One that was removed, and of which nothing is under way.
static struct registration* find_removed(size_t place_size) {
  struct registration* found = registrations;
  while (found && (!found->is_removed || found->waiting ||
                   found->place_size != place_size || found->places[0].state ||
                   found->places[1].state)) {
    found = found->next;
  }
  return found;
}

static struct registration* new_registration(size_t place_size) {
  size_t head = round_up(sizeof(struct registration));
  struct registration* made = calloc(1, head + 2 * round_up(place_size));
  if (!made) {
    return NULL;
  }
  made->is_removed = true;
  made->place_size = place_size;
  made->places[0].data = (uint8_t*)made + head;
  made->places[1].data = (uint8_t*)made + head + round_up(place_size);
  made->next = registrations;
  registrations = made;
  return made;
}

// In the registering call, of upstream's that uses malloc as well. Null: not
// for the deputy, or no memory.
struct registration* _emscripten_deputy_event_add(pthread_t thread,
                                                  event_callback callback,
                                                  int type,
                                                  void* user_data) {
  if (thread != emscripten_deputy_thread()) {
    return NULL;
  }
  size_t place_size = place_size_of(type);
  struct registration* added = find_removed(place_size);
  if (!added && !(added = new_registration(place_size))) {
    return NULL;
  }
  added->is_coalesced = false;
  added->callback = callback;
  added->type = type;
  added->user_data = user_data;
  added->is_removed = false;
  return added;
}

void _emscripten_deputy_event_remove(struct registration* registration) {
  registration->is_removed = true;
}

// ---- UI thread: events ------------------------------------------------------

static struct order next_order(void) {
  static uint32_t sequence;
  return (struct order){.sequence = sequence += STATES,
                        .calls = _emscripten_deputy_calls_written()};
}

static void merge_mouse(EmscriptenMouseEvent* into,
                        const EmscriptenMouseEvent* latest) {
  int x = into->movementX, y = into->movementY;
  *into = *latest;
  into->movementX += x;
  into->movementY += y;
}

static void merge_wheel(EmscriptenWheelEvent* into,
                        const EmscriptenWheelEvent* latest) {
  EmscriptenWheelEvent before = *into;
  *into = *latest;
  into->mouse = before.mouse;
  merge_mouse(&into->mouse, &latest->mouse);
  // (Pixels and lines can't be added.)
  if (before.deltaMode == latest->deltaMode) {
    into->deltaX += before.deltaX;
    into->deltaY += before.deltaY;
    into->deltaZ += before.deltaZ;
  }
}

// What has changed in either has changed.
static void merge_touch(EmscriptenTouchEvent* into,
                        const EmscriptenTouchEvent* latest) {
  EmscriptenTouchEvent before = *into;
  *into = *latest;
  for (int i = 0; i < before.numTouches; i++) {
    for (int j = 0; before.touches[i].isChanged && j < into->numTouches; j++) {
      if (into->touches[j].identifier == before.touches[i].identifier) {
        into->touches[j].isChanged = true;
      }
    }
  }
}

static void merge(int type, void* into, const void* latest, size_t size) {
  switch (type) {
    case EMSCRIPTEN_EVENT_MOUSEMOVE:
      merge_mouse(into, latest);
      break;
    case EMSCRIPTEN_EVENT_WHEEL:
      merge_wheel(into, latest);
      break;
    case EMSCRIPTEN_EVENT_TOUCHMOVE:
      merge_touch(into, latest);
      break;
    default:
      memcpy(into, latest, size);
  }
}

// Over the one that waits, or into a place that is free: the deputy is at one
// of the two at most. (It may have left the first for the second between our
// looks at them: then the first is free now.)
static void
coalesce(struct registration* registration, const void* data, size_t size) {
  struct order order = next_order();
  struct place* into = NULL;
  for (int i = 0; i < 2 || !into; i++) {
    struct place* place = &registration->places[i % 2];
    unsigned state = place->state;
    if (state % STATES == READY &&
        atomic_compare_exchange_strong(
          &place->state, &state, state - READY + WRITING)) {
      merge(registration->type, place->data, data, size);
      into = place;
      break;
    }
    if (place->state == FREE) {
      into = place;
    }
  }
  if (into->state == FREE) {
    memcpy(into->data, data, size);
  }
  into->size = size;
  into->calls = order.calls;
  into->state = order.sequence + READY;
}

static bool
append(struct registration* registration, const void* data, size_t size) {
  if (registration->waiting >= MAX_WAITING) {
    return false;
  }
  uint32_t bytes = round_up(sizeof(struct record)) + round_up(size);
  uint32_t position = ring.written % RING_BYTES;
  uint32_t left = RING_BYTES - position;
  uint32_t skipped = bytes > left ? left : 0;
  if (skipped + bytes > RING_BYTES - (ring.written - ring.read)) {
    return false;
  }
  if (skipped >= sizeof(struct record)) {
    *(struct record*)(ring.bytes + position) = (struct record){.size = skipped};
  }
  position = (position + skipped) % RING_BYTES;
  struct record* record = (struct record*)(ring.bytes + position);
  *record = (struct record){.size = bytes,
                            .data_size = size,
                            .order = next_order(),
                            .registration = registration};
  if (size) {
    memcpy(ring.bytes + position + round_up(sizeof(struct record)), data, size);
  }
  registration->waiting++;
  ring.written += skipped + bytes;
  return true;
}

static void wake_deputy(void) {
  // It may be about to end, by pthread_exit() in main().
  bool was_held = _emscripten_deputy_thread_hold(true);
  pthread_t deputy = emscripten_deputy_thread();
  if (deputy && emscripten_thread_mailbox_ref(deputy)) {
    _emscripten_deputy_wake(deputy);
    emscripten_thread_mailbox_unref(deputy);
  }
  _emscripten_deputy_thread_hold(was_held);
}

// Returns 0, or how many wait already: it was dropped.
int _emscripten_deputy_event_send(struct registration* registration,
                                  const void* data,
                                  size_t size) {
  if (registration->type >= EMSCRIPTEN_EVENT_TOUCHSTART &&
      registration->type <= EMSCRIPTEN_EVENT_TOUCHCANCEL) {
    int touches = ((const EmscriptenTouchEvent*)data)->numTouches;
    size = offsetof(EmscriptenTouchEvent, touches) +
           touches * sizeof(EmscriptenTouchPoint);
  }
  if (registration->is_coalesced && registration->place_size) {
    coalesce(registration, data, size);
  } else if (!append(registration, data, size)) {
    int waiting = registration->waiting;
    return waiting ? waiting : 1;
  }
  wake_deputy();
  return 0;
}

// ---- UI thread: for other threads, as upstream ------------------------------

struct proxied {
  event_callback callback;
  int type;
  void* user_data;
  alignas(8) uint8_t data[];
};

static void run_proxied(void* arg) {
  struct proxied* event = arg;
  event->callback(event->type, event->data, event->user_data);
  free(event);
}

// Not to a thread that has ended.
void _emscripten_deputy_event_proxy(int tid,
                                    event_callback callback,
                                    int type,
                                    const void* data,
                                    size_t size,
                                    void* user_data) {
  struct proxied* event = malloc(sizeof(struct proxied) + size);
  if (!event) {
    return;
  }
  event->callback = callback;
  event->type = type;
  event->user_data = user_data;
  if (size) {
    memcpy(event->data, data, size);
  }
  if (!_emscripten_deputy_proxy_to(tid, run_proxied, event)) {
    free(event);
  }
}

// ---- Deputy -----------------------------------------------------------------

struct event {
  event_callback callback;
  int type;
  void* user_data;
  size_t size;
  union event_data data;
};

static bool is_before(uint32_t position, uint32_t other) {
  return (int32_t)(position - other) < 0;
}

// The next in the ring, or null.
static struct record* first_record(void) {
  for (;;) {
    if (ring.read == ring.written) {
      return NULL;
    }
    uint32_t position = ring.read % RING_BYTES;
    uint32_t left = RING_BYTES - position;
    struct record* record = (struct record*)(ring.bytes + position);
    if (left >= sizeof(struct record) && record->registration) {
      return record;
    }
    ring.read += left;
  }
}

// The one that has waited longest of those that are coalesced, with what its
// place's state was; or null. One that the UI thread is at is later than all
// that there are, and wakes the deputy again.
static struct registration* first_coalesced(struct place** place,
                                            unsigned* state) {
  struct registration* first = NULL;
  struct registration* each = registrations;
  for (; each; each = each->next) {
    for (int i = 0; each->place_size && i < 2; i++) {
      unsigned found = each->places[i].state;
      if (found % STATES == READY && (!first || is_before(found, *state))) {
        first = each;
        *place = &each->places[i];
        *state = found;
      }
    }
  }
  return first;
}

static void copy(struct event* event,
                 struct registration* registration,
                 const void* data,
                 size_t size) {
  event->callback = registration->callback;
  event->type = registration->type;
  event->user_data = registration->user_data;
  event->size = size;
  memcpy(&event->data, data, size);
  memset((uint8_t*)&event->data + size, 0, sizeof(event->data) - size);
}

enum taken { NOTHING, NO_EVENT, EVENT };

// The next one, if it came before call `read` of the page's; null: in any case.
static enum taken take(struct event* event, const uint32_t* read) {
  struct record* record = first_record();
  struct place* place;
  unsigned state;
  struct registration* registration = first_coalesced(&place, &state);
  if (registration && (!record || is_before(state, record->order.sequence))) {
    if (read && is_before(*read, place->calls)) {
      return NOTHING;
    }
    // The UI thread may be at it by then; there may be others.
    if (!atomic_compare_exchange_strong(
          &place->state, &state, state - READY + TAKEN)) {
      return NO_EVENT;
    }
    bool is_removed = registration->is_removed;
    if (!is_removed) {
      copy(event, registration, place->data, place->size);
    }
    place->state = FREE;
    return is_removed ? NO_EVENT : EVENT;
  }
  if (!record || (read && is_before(*read, record->order.calls))) {
    return NOTHING;
  }
  registration = record->registration;
  bool is_removed = registration->is_removed;
  if (!is_removed) {
    const uint8_t* data = (uint8_t*)record + round_up(sizeof(struct record));
    copy(event, registration, data, record->data_size);
  }
  ring.read += record->size;
  registration->waiting--;
  return is_removed ? NO_EVENT : EVENT;
}

// A callback is to the mailbox as one of its tasks, which upstream's is: others
// are not run in the middle of it.
static void run(struct event* event) {
  pthread_t self = pthread_self();
  struct deputy_notes* notes = _emscripten_deputy_notes(self);
  struct deputy_task running = {.outer = notes->task, .queue = self->mailbox};
  double turn_end = notes->turn_end;
  notes->task = &running;
  notes->turn_end = 0;
  event->callback(
    event->type, event->size ? &event->data : NULL, event->user_data);
  notes->task = running.outer;
  notes->turn_end = turn_end;
}

bool _emscripten_deputy_has_events(void) {
  struct place* place;
  unsigned state;
  return emscripten_is_deputy_thread() &&
         (first_record() || first_coalesced(&place, &state));
}

// Between calls of the page's until the thread's turn is over. False: it is,
// and there may be more.
bool _emscripten_deputy_run_events(const uint32_t* read) {
  if (!emscripten_is_deputy_thread()) {
    return true;
  }
  struct event event;
  enum taken taken;
  while ((taken = take(&event, read))) {
    if (taken == EVENT) {
      run(&event);
    }
    if (read && _emscripten_deputy_is_turn_over()) {
      return false;
    }
  }
  return true;
}
