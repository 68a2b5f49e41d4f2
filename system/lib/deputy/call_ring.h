/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * How a call of the page's gets to the thread that serves it: as a message in a
 * ring of bytes, and back as an answer in a table. Written by libdeputy_call.js
 * on the UI thread, which uses nothing but JavaScript's atomics for it, and
 * read by call.cpp. Includes nothing of Emscripten, so that test/native/ runs
 * it under sanitizers, with messages of any bytes.
 *
 * The ring is a stream: a message that is larger than the ring comes in parts,
 * and is put together in memory from malloc(). Positions count bytes since the
 * start, modulo 2^32; each is written by one side. `written` is a release of
 * the bytes before it, partner of its reader's acquire; `read` is a release of
 * their end, partner of the page's.
 *
 * Of answers there is one for each call, and never more calls under way than
 * the table holds: the page keeps the others. So whoever answers does not wait.
 */
#pragma once

#include <atomic>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

namespace deputy {

// Known to libdeputy_call.js, like all that follows.
constexpr uint32_t RING_BYTES = 64 * 1024;
constexpr uint32_t MAX_CALLS = 1024;

// What an argument is.
enum class ArgumentKind : uint32_t {
  NUMBER,  // a double, which JavaScript converts to what the function takes
  BIGINT,  // an int64_t
  BYTES,   // `length` bytes in the message, `offset` from its start; a pointer
  NOTHING, // null as a pointer
  KINDS
};

struct Argument {
  ArgumentKind kind;
  uint32_t length;
  union {
    double number;
    int64_t bigint;
    uint64_t offset;
  };
};

enum class MessageKind : uint32_t {
  CALL, // `function` with `count` arguments
  NAME, // of the function that is `function` from now on: one argument, BYTES
  KINDS
};

// What stands at the start of a message: `size` bytes with this, a multiple
// of 8. Its arguments follow, then their bytes.
struct Message {
  uint32_t size;
  MessageKind kind;
  // Of the call: where its answer and its state are.
  uint32_t id;
  uint32_t function;
  uint32_t count;
  // What the function's value is to the page, for whoever runs it.
  uint32_t returns;

  Argument* arguments() { return reinterpret_cast<Argument*>(this + 1); }

  // Whether whoever follows it stays within it.
  bool is_valid() {
    if (kind >= MessageKind::KINDS || id >= MAX_CALLS ||
        count > (size - sizeof(Message)) / sizeof(Argument)) {
      return false;
    }
    uint32_t begin = sizeof(Message) + count * sizeof(Argument);
    for (uint32_t i = 0; i < count; i++) {
      const Argument& argument = arguments()[i];
      if (argument.kind >= ArgumentKind::KINDS) {
        return false;
      }
      if (argument.kind == ArgumentKind::BYTES &&
          (argument.offset < begin || argument.offset > size ||
           argument.length > size - argument.offset)) {
        return false;
      }
    }
    return kind != MessageKind::NAME ||
           (count == 1 && arguments()[0].kind == ArgumentKind::BYTES);
  }
};

static_assert(sizeof(Message) == 24 && sizeof(Argument) == 16);

// Where a call is. The page writes WAITING; the thread BEGUN, where it still is
// that, and ENDED before its answer; the page ABORTED, where it is not that.
enum class CallState : uint32_t { WAITING, BEGUN, ABORTED, ENDED };

enum class AnswerKind : uint32_t {
  NOTHING,
  NUMBER,
  BIGINT,
  TEXT,    // `length` bytes at `block`
  ERROR,   // the same: JSON of an Error's name, message and stack
  MEMORY,  // there was none for the message, or for what it returned
  ABORTED, // before it began
  LATER,   // it has begun, and the thread goes on; another answer follows
};

struct Answer {
  uint32_t id;
  AnswerKind kind;
  union {
    double number;
    int64_t bigint;
    // From malloc(); freed when the page has seen the answer.
    uint64_t block;
  };
  uint32_t length;
  uint32_t reserved;
};

struct CallRing {
  // The mail (handshake.h) of the thread that serves it, and of the page.
  std::atomic<int> mail;
  std::atomic<int> page_mail;
  // Bytes, and answers, since the start.
  std::atomic<uint32_t> written;
  std::atomic<uint32_t> read;
  std::atomic<uint32_t> answered;
  std::atomic<uint32_t> seen;
  // The page has more to write. It writes 1 and looks at `read` again; whoever
  // reads looks here after, and wakes the page: seq_cst on both sides.
  std::atomic<uint32_t> is_full;
  // The thread has ended: what it has answered by then is all. Before its last
  // wake of the page.
  std::atomic<uint32_t> is_over;
  std::atomic<CallState> states[MAX_CALLS];
  Answer answers[MAX_CALLS];
  alignas(8) uint8_t bytes[RING_BYTES];
};

// The reader's side, of one thread.
class CallReader {
public:
  enum class Got {
    NOTHING,   // more has to come
    MESSAGE,   // valid until release()
    NO_MEMORY, // for a message, of which the head is there; it is skipped
    INVALID,   // nothing that follows can be read
  };

  // Without `can_keep_small` a call has a block of its own from the start, and
  // no pointer into it changes when it is taken.
  CallReader(CallRing& ring, bool can_keep_small)
    : ring(ring), can_keep_small(can_keep_small) {}

  ~CallReader() { release(); }

  // Reads on, up to what the ring's `written` was. A message that it returned
  // before must have been released.
  Got next(uint32_t written) {
    end = written;
    if (!size && !begin()) {
      return got;
    }
    copy();
    if (filled < size) {
      return Got::NOTHING;
    }
    if (!is_skipped && !message->is_valid()) {
      is_skipped = true;
      size = 0;
      return got = Got::INVALID;
    }
    if (is_skipped) {
      size = 0;
      return Got::NO_MEMORY;
    }
    return Got::MESSAGE;
  }

  Message& get() { return *message; }

  // Of a message for which there was no memory.
  const Message& get_head() { return head; }

  // The message is the caller's now, to free(). Null: no memory; it is as it
  // was.
  Message* take() {
    Message* taken = message;
    if (taken == small()) {
      taken = static_cast<Message*>(malloc(size));
      if (!taken) {
        return nullptr;
      }
      memcpy(taken, message, size);
    }
    message = nullptr;
    size = 0;
    return taken;
  }

  void release() {
    if (message && message != small()) {
      free(message);
    }
    message = nullptr;
    size = 0;
  }

private:
  static constexpr uint32_t SMALL = 512;

  CallRing& ring;
  bool can_keep_small;
  uint32_t end = 0;
  // Of the message that is being read; 0: none.
  uint32_t size = 0;
  uint32_t filled = 0;
  Message* message = nullptr;
  Message head;
  bool is_skipped = false;
  Got got = Got::NOTHING;
  alignas(16) uint8_t kept[SMALL];

  Message* small() { return reinterpret_cast<Message*>(kept); }

  uint32_t available() const {
    return end - ring.read.load(std::memory_order_relaxed);
  }

  // Whether a message has begun. Its head comes in one piece.
  bool begin() {
    if (got == Got::INVALID) {
      return false;
    }
    uint32_t bytes = available();
    if (bytes < sizeof(Message)) {
      got = Got::NOTHING;
      return false;
    }
    if (bytes > RING_BYTES) {
      got = Got::INVALID;
      return false;
    }
    read_bytes(&head, sizeof(head));
    if (head.size < sizeof(Message) || head.size % 8 || head.id >= MAX_CALLS) {
      got = Got::INVALID;
      return false;
    }
    size = head.size;
    filled = sizeof(Message);
    bool is_kept =
      size <= SMALL && (can_keep_small || head.kind == MessageKind::NAME);
    message = is_kept ? small() : static_cast<Message*>(malloc(size));
    is_skipped = !message;
    if (message) {
      *message = head;
    }
    return true;
  }

  void copy() {
    while (filled < size) {
      uint32_t bytes = available();
      if (!bytes) {
        return;
      }
      if (bytes > size - filled) {
        bytes = size - filled;
      }
      uint8_t* to =
        message ? reinterpret_cast<uint8_t*>(message) + filled : nullptr;
      read_bytes(to, bytes);
      filled += bytes;
    }
  }

  // Without a target they are skipped.
  void read_bytes(void* to, uint32_t bytes) {
    uint32_t position = ring.read.load(std::memory_order_relaxed);
    if (to) {
      uint32_t at = position % RING_BYTES;
      uint32_t first = RING_BYTES - at < bytes ? RING_BYTES - at : bytes;
      memcpy(to, ring.bytes + at, first);
      memcpy(static_cast<uint8_t*>(to) + first, ring.bytes, bytes - first);
    }
    ring.read.store(position + bytes, std::memory_order_seq_cst);
  }
};

} // namespace deputy
