/* A mailbox in shared memory for one client (Python) and one emulator on the same machine.
 *
 * It is a file that both map into memory. The client creates it; the emulator attaches to it.
 * Requests and replies alternate strictly, so both sides share one data area. To post a message,
 * a side copies it to the data area and increments its own counter. To receive one, it waits until
 * the other side's counter changes: it may spin (poll without sleeping) for a while, then it sleeps
 * on a futex. If a message does not fit, the writer makes the file larger, and the reader maps it
 * again.
 *
 * The head consists of 32-bit words. Python uses the offsets in protocol.h, which are checked below.
 */
#ifndef COPAIN_MAILBOX_H
#define COPAIN_MAILBOX_H

#include "protocol.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* The fields that one side writes have a cache line of their own. */
typedef struct {
    uint32_t magic, version;
    uint32_t length; /* of the message in the data area, in bytes */
    uint32_t spare[13];
    _Atomic uint32_t requests;       /* incremented by the client */
    _Atomic uint32_t client_waits;   /* 1: wake the client after a reply */
    _Atomic uint32_t emulator_spins; /* ns for which the emulator may spin before it sleeps */
    uint32_t spare2[13];
    _Atomic uint32_t replies;        /* incremented by the emulator */
    _Atomic uint32_t emulator_waits; /* 1: wake the emulator after a request */
    _Atomic uint32_t attached;       /* 1: an emulator is attached */
    uint32_t spare3[13];
    uint32_t spare4[16];
    uint8_t data[];
} Mailbox;

_Static_assert(sizeof(Mailbox) == MAILBOX_HEAD_SIZE, "the size of a mailbox's head");
_Static_assert(offsetof(Mailbox, length) == 4 * MAILBOX_LENGTH_WORD, "the offset of the length");
_Static_assert(offsetof(Mailbox, requests) == 64 && offsetof(Mailbox, replies) == 128,
               "each side has a cache line of its own");

/* Waits until `*counter` is no longer `last`: spins for `spin_ns`, then sleeps until the other
 * side wakes it, because `*waits` is set. Returns MAILBOX_READY, MAILBOX_TIMEOUT, or
 * MAILBOX_INTERRUPTED if a signal came. */
int mailbox_wait(_Atomic uint32_t *counter, _Atomic uint32_t *waits, uint32_t last,
                 uint32_t timeout_ms, uint32_t spin_ns);

/* Wakes the other side if it sleeps, after `*counter` was changed. */
void mailbox_wake(_Atomic uint32_t *counter, _Atomic uint32_t *waits);

#endif
