/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * The reader of system/lib/deputy/call_ring.h with any bytes in the ring: what
 * it calls a message lies within the message, and it ends. For libFuzzer, or
 * with DRIVER for fuzz_driver.h.
 */

#include <memory>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <vector>

// What is larger is not asked for: a machine has not that much.
static void* allocate(size_t size) {
  return size > 1 << 20 ? nullptr : (malloc)(size);
}
#define malloc allocate
#include "call_ring.h"
#undef malloc

using namespace deputy;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto ring = std::make_unique<CallRing>();
  if (!size) {
    return 0;
  }
  // They come in pieces, from anywhere in the ring on.
  uint32_t position = data[0] * 257;
  ring->written = ring->read = position;
  bool can_keep_small = data[0] & 1;
  CallReader reader{*ring, can_keep_small};
  [[maybe_unused]] static volatile uint8_t sink;
  for (size_t at = 1; at < size;) {
    size_t piece = 1 + (data[at] * 37) % 4096;
    for (; piece && at < size; piece--) {
      ring->bytes[position++ % RING_BYTES] = data[at++];
    }
    ring->written = position;
    for (bool is_over = false; !is_over;) {
      switch (reader.next(position)) {
        case CallReader::Got::NOTHING:
        case CallReader::Got::INVALID:
          is_over = true;
          break;
        case CallReader::Got::NO_MEMORY:
          if (reader.get_head().id >= MAX_CALLS) {
            abort();
          }
          reader.release();
          break;
        case CallReader::Got::MESSAGE: {
          Message& message = reader.get();
          if (message.id >= MAX_CALLS) {
            abort();
          }
          for (uint32_t i = 0; i < message.count; i++) {
            Argument& argument = message.arguments()[i];
            if (argument.kind == ArgumentKind::BYTES) {
              auto* bytes =
                reinterpret_cast<uint8_t*>(&message) + argument.offset;
              for (uint32_t j = 0; j < argument.length; j++) {
                sink = bytes[j];
              }
            }
          }
          if (message.id % 2) {
            free(reader.take());
          } else {
            reader.release();
          }
        }
      }
    }
  }
  return 0;
}

#ifdef DRIVER
#include "fuzz_driver.h"

// Messages that are nearly right: random bytes alone are refused at once.
std::vector<uint8_t> native::make(Random& random) {
  std::vector<uint8_t> data{static_cast<uint8_t>(random.below(256))};
  for (uint32_t messages = 1 + random.below(20); messages--;) {
    uint32_t count = random.below(5);
    uint32_t length = random.below(3)   ? random.below(200)
                      : random.below(2) ? 0
                                        : random.below(5000);
    uint32_t begin = sizeof(Message) + count * sizeof(Argument);
    std::vector<uint8_t> bytes((begin + length + 8) & ~7u);
    for (auto& byte : bytes) {
      byte = random.below(256);
    }
    auto& message = *reinterpret_cast<Message*>(bytes.data());
    message = {static_cast<uint32_t>(bytes.size()),
               static_cast<MessageKind>(random.below(2)),
               random.below(MAX_CALLS),
               random.below(9),
               count,
               0};
    for (uint32_t i = 0; i < count; i++) {
      message.arguments()[i].kind = static_cast<ArgumentKind>(random.below(4));
      message.arguments()[i].length = random.below(length + 1);
      message.arguments()[i].offset = begin;
    }
    if (!random.below(10)) {
      // What follows looks like one, of bytes.
      message.count++;
      memset(bytes.data() + begin, 0, 8);
      bytes[begin] = 2;
    }
    if (!random.below(4)) {
      bytes[random.below(bytes.size())] = random.below(256);
    }
    data.insert(data.end(), bytes.begin(), bytes.end());
  }
  return data;
}
#endif
