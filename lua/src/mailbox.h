/* A mailbox in shared memory for one client (Python) and one emulator of the same machine.
 *
 * It is a file that both map. The client makes it, the emulator attaches to it. Requests and
 * replies alternate strictly, so both use the one data area in turn. A side posts a message by
 * copying it there and counting its own counter up, and waits for the other's counter with a
 * futex, or spins on it for a while where a core is free. The data area grows with the messages:
 * the writer makes the file larger, and the reader maps it anew when a message is longer than
 * what it has mapped.
 *
 * The layout is of 32-bit words. What Python knows of it is in protocol.h, and asserted below.
 */
#ifndef COPAIN_MAILBOX_H
#define COPAIN_MAILBOX_H

#include "protocol.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* What is written by one side lies in a cache line of its own. */
typedef struct {
    uint32_t magic, version;
    uint32_t length; /* of the message in the data area, bytes */
    uint32_t spare[13];
    _Atomic uint32_t requests;       /* counted up by the client */
    _Atomic uint32_t client_waits;   /* 1: wake the client after a reply */
    _Atomic uint32_t emulator_spins; /* ns for which the emulator may spin before it sleeps */
    uint32_t spare2[13];
    _Atomic uint32_t replies;        /* counted up by the emulator */
    _Atomic uint32_t emulator_waits; /* 1: wake the emulator after a request */
    _Atomic uint32_t attached;       /* 1: the emulator is there */
    uint32_t spare3[13];
    uint32_t spare4[16];
    uint8_t data[];
} Mailbox;

_Static_assert(sizeof(Mailbox) == MAILBOX_HEAD_SIZE, "the size of a mailbox's head");
_Static_assert(offsetof(Mailbox, length) == 4 * MAILBOX_LENGTH_WORD, "where the length lies");
_Static_assert(offsetof(Mailbox, requests) == 64 && offsetof(Mailbox, replies) == 128,
               "each side has a cache line of its own");

/* Waits until `*counter` is no longer `last`: spins for `spin_ns`, then sleeps until the other
 * side wakes it, because `*waits` is set. Returns MAILBOX_READY, MAILBOX_TIMEOUT, or
 * MAILBOX_INTERRUPTED by a signal. */
int mailbox_wait(_Atomic uint32_t *counter, _Atomic uint32_t *waits, uint32_t last,
                 uint32_t timeout_ms, uint32_t spin_ns);

/* Wakes the other side if it sleeps, after `*counter` was changed. */
void mailbox_wake(_Atomic uint32_t *counter, _Atomic uint32_t *waits);

#endif
