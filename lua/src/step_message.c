/* Writes and reads the messages of plain steps, see step_message.h. */
#include "step_message.h"

#include <string.h>

/* Type bytes of MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md). */
enum { ARRAY_OF_4 = 0x94, TEXT_OF_4 = 0xA4, BIN_16 = 0xC5, UINT_8 = 0xCC, UINT_32 = 0xCE };

static const uint8_t REQUEST[] = {ARRAY_OF_4, TEXT_OF_4, 's', 't', 'e', 'p'};
static const uint8_t REPLY[] = {ARRAY_OF_4, REPLY_OK};
static const uint8_t RAM_HEAD[] = {BIN_16, RAM_SIZE >> 8, RAM_SIZE & 0xFF};

static uint8_t *put_number(uint8_t *out, uint32_t value) {
    if (value < 0x80) {
        *out++ = (uint8_t)value;
        return out;
    }
    *out++ = UINT_32;
    for (int shift = 24; shift >= 0; shift -= 8) *out++ = (uint8_t)(value >> shift);
    return out;
}

/* Reads an integer from 0 to 2^32 - 1. Returns 0 for anything else. */
static int take_number(const uint8_t **at, const uint8_t *end, int64_t *value) {
    if (*at >= end) return 0;
    uint8_t type = *(*at)++;
    if (type < 0x80) {
        *value = type;
        return 1;
    }
    if (type < UINT_8 || type > UINT_32) return 0;
    int bytes = 1 << (type - UINT_8);
    if (end - *at < bytes) return 0;
    for (*value = 0; bytes--;) *value = *value << 8 | *(*at)++;
    return 1;
}

size_t step_write_request(uint8_t *out, uint32_t frames, uint32_t mask) {
    uint8_t *at = out + sizeof REQUEST;
    memcpy(out, REQUEST, sizeof REQUEST);
    at = put_number(at, frames);
    at = put_number(at, WANT_RAM);
    at = put_number(at, mask);
    return (size_t)(at - out);
}

int step_read_request(const uint8_t *message, size_t size, int64_t *frames, int64_t *mask) {
    if (size < sizeof REQUEST || memcmp(message, REQUEST, sizeof REQUEST)) return 0;
    const uint8_t *at = message + sizeof REQUEST, *end = message + size;
    int64_t want;
    return take_number(&at, end, frames) && take_number(&at, end, &want) &&
           take_number(&at, end, mask) && at == end && want == WANT_RAM;
}

size_t step_write_reply(uint8_t *out, uint32_t frames, uint32_t lag_frames, const uint8_t *ram) {
    uint8_t *at = out + sizeof REPLY;
    memcpy(out, REPLY, sizeof REPLY);
    at = put_number(at, frames);
    at = put_number(at, lag_frames);
    memcpy(at, RAM_HEAD, sizeof RAM_HEAD);
    memcpy(at + sizeof RAM_HEAD, ram, RAM_SIZE);
    return (size_t)(at - out) + sizeof RAM_HEAD + RAM_SIZE;
}

int step_read_reply(const uint8_t *message, size_t size, int64_t *frames, int64_t *lag_frames,
                    uint8_t *ram) {
    if (size < sizeof REPLY || memcmp(message, REPLY, sizeof REPLY)) return 0;
    const uint8_t *at = message + sizeof REPLY, *end = message + size;
    if (!take_number(&at, end, frames) || !take_number(&at, end, lag_frames) ||
        end - at != (ptrdiff_t)sizeof RAM_HEAD + RAM_SIZE || memcmp(at, RAM_HEAD, sizeof RAM_HEAD))
        return 0;
    memcpy(ram, at + sizeof RAM_HEAD, RAM_SIZE);
    return 1;
}
