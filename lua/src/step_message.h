/* The messages of plain steps, which training sends most, written and read without a general
 * MessagePack parser:
 *
 *   request  ["step", frames, WANT_RAM, mask]
 *   reply    [REPLY_OK, frames, lag frames, RAM]
 *
 * They are the same bytes that msgpack.c and Python's msgpack write. */
#ifndef COPAIN_STEP_MESSAGE_H
#define COPAIN_STEP_MESSAGE_H

#include "protocol.h"

#include <stddef.h>
#include <stdint.h>

/* Largest sizes in bytes; a number takes at most 5. */
enum { STEP_REQUEST_MAX = 6 + 3 * 5, STEP_REPLY_MAX = 2 + 2 * 5 + 3 + RAM_SIZE };

/* These write a message to `out`, which has room for the largest, and return its length. */
size_t step_write_request(uint8_t *out, uint32_t frames, uint32_t mask);
size_t step_write_reply(uint8_t *out, uint32_t frames, uint32_t lag_frames, const uint8_t *ram);

/* These read a message of `size` bytes and return 1. For any other message they return 0, and the
 * results are undefined. */
int step_read_request(const uint8_t *message, size_t size, int64_t *frames, int64_t *mask);
int step_read_reply(const uint8_t *message, size_t size, int64_t *frames, int64_t *lag_frames,
                    uint8_t *ram);

#endif
