/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * system/lib/deputy/call_ring.h at full speed, under ThreadSanitizer: one
 * thread is the page, and does what libdeputy_call.js does, one serves.
 * Messages of all sizes, some larger than the ring; for some there is no
 * memory. Each call is answered once, in order, with what was in it; and nobody
 * sleeps for good.
 *
 *   call_ring_stress [--calls N] [--seed N]
 */

#include <algorithm>
#include <deque>
#include <memory>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

static bool fails_to_allocate(size_t size);
static void* allocate(size_t size) {
  return fails_to_allocate(size) ? nullptr : (malloc)(size);
}
#define malloc allocate
#include "call_ring.h"
#undef malloc

#include "platform.h"

// What handshake.h asks for: upstream's states.
using std::atomic_int;
enum { NOTIFICATION_NONE, NOTIFICATION_RECEIVED, NOTIFICATION_PENDING };
#include "handshake.h"

namespace {

using namespace deputy;

// There is never memory for messages of these sizes: calls, and names, which
// need none.
constexpr uint32_t TOO_LARGE = 8 * 30000;
constexpr uint32_t NAME_SIZE = 8 * 60;
constexpr int PATIENCE_S = 60;

uint64_t state = 1;
uint32_t random_below(uint32_t n) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return static_cast<uint32_t>(state >> 33) % n;
}

[[noreturn]] void fail(const char* what, uint32_t number) {
  printf("failed: %s (call %u)\n", what, number);
  fflush(stdout);
  _exit(1);
}

// Who reads beyond the ring's end finds bytes that are wrong.
struct {
  CallRing ring;
  uint8_t behind[RING_BYTES];
} memory;
CallRing& ring = memory.ring;

std::atomic<uint32_t>& word(std::atomic<int>& mail) {
  return reinterpret_cast<std::atomic<uint32_t>&>(mail);
}

void wake(std::atomic<int>& mail) {
  if (mail_has_come(&mail)) {
    Platform::notify(word(mail), -1);
  }
}

void sleep_on(std::atomic<int>& mail) {
  Platform::wait(
    word(mail), NOTIFICATION_NONE, int64_t{PATIENCE_S} * 1000000000);
}

// ---- The thread that serves
// ---------------------------------------------------

uint32_t checksum(const uint8_t* bytes, uint32_t length) {
  uint32_t sum = length;
  for (uint32_t i = 0; i < length; i++) {
    sum = sum * 31 + bytes[i];
  }
  return sum;
}

void answer(Answer value) {
  uint32_t answered = ring.answered.load(std::memory_order_relaxed);
  ring.answers[answered % MAX_CALLS] = value;
  ring.states[value.id] = CallState::ENDED;
  ring.answered.store(answered + 1);
  wake(ring.page_mail);
}

void serve(uint32_t calls, bool can_keep_small) {
  CallReader reader{ring, can_keep_small};
  uint32_t expected = 0;
  while (expected < calls) {
    mail_receive(&ring.mail);
    for (bool is_over = false; !is_over;) {
      auto got = reader.next(ring.written.load(std::memory_order_acquire));
      if (ring.is_full.load() && ring.is_full.exchange(0)) {
        wake(ring.page_mail);
      }
      Answer value{};
      switch (got) {
        case CallReader::Got::NOTHING:
          is_over = true;
          continue;
        case CallReader::Got::INVALID:
          fail("a message is invalid", expected);
        case CallReader::Got::NO_MEMORY:
          if (reader.get_head().kind == MessageKind::NAME) {
            fail("no memory for a name", expected);
          }
          value.id = reader.get_head().id;
          value.kind = AnswerKind::MEMORY;
          break;
        case CallReader::Got::MESSAGE: {
          Message& message = reader.get();
          if (message.function != expected) {
            fail("out of order", expected);
          }
          if (message.kind == MessageKind::NAME) {
            reader.release();
            continue;
          }
          value.id = message.id;
          value.kind = AnswerKind::BIGINT;
          for (uint32_t i = 0; i < message.count; i++) {
            Argument& argument = message.arguments()[i];
            if (argument.kind == ArgumentKind::BYTES) {
              value.bigint +=
                checksum(reinterpret_cast<uint8_t*>(&message) + argument.offset,
                         argument.length);
            } else {
              value.bigint += argument.bigint;
            }
          }
        }
      }
      expected++;
      reader.release();
      answer(value);
    }
    if (expected < calls && mail_leave(&ring.mail)) {
      sleep_on(ring.mail);
    }
  }
}

// ---- The page
// ------------------------------------------------------------------

struct Call {
  int64_t sum;
  bool has_memory;
  uint32_t number;
};

struct Page {
  std::deque<std::vector<uint8_t>> outbox;
  uint32_t sent_of_first = 0;
  std::vector<uint32_t> free_ids;
  Call calls[MAX_CALLS];
  uint32_t written = 0;
  uint32_t seen = 0;

  uint32_t room() { return RING_BYTES - (written - ring.read.load()); }

  void flush() {
    while (!outbox.empty()) {
      uint32_t free_bytes = room();
      if (!free_bytes) {
        ring.is_full.store(1);
        if (!(free_bytes = room())) {
          return;
        }
      }
      auto& first = outbox.front();
      uint32_t at = written % RING_BYTES;
      uint32_t size =
        std::min<uint32_t>({free_bytes,
                            static_cast<uint32_t>(first.size()) - sent_of_first,
                            RING_BYTES - at});
      memcpy(ring.bytes + at, first.data() + sent_of_first, size);
      sent_of_first += size;
      written += size;
      ring.written.store(written);
      if (sent_of_first == first.size()) {
        outbox.pop_front();
        sent_of_first = 0;
      }
    }
  }

  void send_name(uint32_t number) {
    std::vector<uint8_t> bytes(NAME_SIZE);
    auto& message = *reinterpret_cast<Message*>(bytes.data());
    message = {NAME_SIZE, MessageKind::NAME, 0, number, 1, 0};
    message.arguments()[0].kind = ArgumentKind::BYTES;
    message.arguments()[0].offset = sizeof(Message) + sizeof(Argument);
    outbox.push_back(std::move(bytes));
  }

  void send(uint32_t number) {
    static constexpr uint32_t SIZES[] = {0, 8, 100, 600, 5000, 70000, 200000};
    uint32_t id = free_ids.back();
    free_ids.pop_back();
    uint32_t count = random_below(4);
    uint32_t length =
      random_below(SIZES[random_below(random_below(20) ? 4 : 7)] + 1);
    uint32_t begin = sizeof(Message) + (count + 1) * sizeof(Argument);
    std::vector<uint8_t> bytes(random_below(500) ? (begin + length + 8) & ~7u
                                                 : TOO_LARGE);
    if (bytes.size() == NAME_SIZE) {
      bytes.resize(NAME_SIZE + 8);
    }
    if (!random_below(10)) {
      send_name(number);
    }
    auto& message = *reinterpret_cast<Message*>(bytes.data());
    message = {static_cast<uint32_t>(bytes.size()),
               MessageKind::CALL,
               id,
               number,
               count + 1,
               0};
    int64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
      message.arguments()[i].kind = ArgumentKind::BIGINT;
      sum += message.arguments()[i].bigint = random_below(1000);
    }
    Argument& text = message.arguments()[count];
    text.kind = ArgumentKind::BYTES;
    text.length = length;
    text.offset = begin;
    for (uint32_t i = 0; i < length; i++) {
      bytes[begin + i] = static_cast<uint8_t>(random_below(256));
    }
    sum += checksum(bytes.data() + begin, length);
    calls[id] = {sum, bytes.size() != TOO_LARGE, number};
    ring.states[id] = CallState::WAITING;
    outbox.push_back(std::move(bytes));
    flush();
    wake(ring.mail);
  }

  void receive(uint32_t& answered) {
    for (uint32_t until = ring.answered.load(); seen != until; seen++) {
      Answer& value = ring.answers[seen % MAX_CALLS];
      Call& call = calls[value.id];
      if (call.number != answered++) {
        fail("answered out of order", call.number);
      }
      if (ring.states[value.id] != CallState::ENDED) {
        fail("answered before its end", call.number);
      }
      if ((value.kind == AnswerKind::MEMORY) == call.has_memory ||
          (call.has_memory && value.bigint != call.sum)) {
        fail("a wrong answer", call.number);
      }
      free_ids.push_back(value.id);
    }
    ring.seen.store(seen);
  }

  void run(uint32_t calls_to_make) {
    for (uint32_t id = 0; id < MAX_CALLS; id++) {
      free_ids.push_back(MAX_CALLS - 1 - id);
    }
    uint32_t sent = 0;
    uint32_t answered = 0;
    while (answered < calls_to_make) {
      mail_receive(&ring.page_mail);
      receive(answered);
      uint32_t burst = random_below(3) ? random_below(4) : random_below(2000);
      for (uint32_t i = 0;
           i <= burst && sent < calls_to_make && !free_ids.empty();
           i++) {
        send(sent++);
      }
      flush();
      wake(ring.mail);
      // While it has something to do it may go on; else it sleeps.
      if ((sent == calls_to_make || free_ids.empty() || !random_below(3)) &&
          sent != answered && mail_leave(&ring.page_mail)) {
        uint32_t before = answered;
        sleep_on(ring.page_mail);
        if (ring.page_mail.load() == NOTIFICATION_NONE) {
          fail("nobody has woken the page", before);
        }
      }
    }
  }
};

} // namespace

static bool fails_to_allocate(size_t size) {
  return size == TOO_LARGE || size == NAME_SIZE;
}

int main(int argc, char** argv) {
  uint32_t calls = 200000;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string option = argv[i];
    if (option == "--calls") {
      calls = strtoul(argv[i + 1], nullptr, 10);
    } else if (option == "--seed") {
      state = strtoull(argv[i + 1], nullptr, 10);
    }
  }
  // The second time positions go past 2^32.
  for (bool can_keep_small : {true, false}) {
    memset(static_cast<void*>(&ring), 0, sizeof(ring));
    auto page = std::make_unique<Page>();
    page->written = can_keep_small ? 0 : UINT32_MAX - 7 - 100000 * 8;
    page->seen = can_keep_small ? 0 : UINT32_MAX - 100;
    ring.written = ring.read = page->written;
    ring.seen = ring.answered = page->seen;
    std::thread server(serve, calls, can_keep_small);
    page->run(calls);
    server.join();
  }
  printf("%u calls ok\n", 2 * calls);
}
