/* Waiting and posting in a mailbox, see mailbox.h. Both sides link this file; the functions
 * that begin with copain_shm_ are what Python calls, without its interpreter's lock. */
#define _GNU_SOURCE
#include "mailbox.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(Mailbox) == 256, "transport_shm.py knows this layout");
_Static_assert(offsetof(Mailbox, requests) == 64 && offsetof(Mailbox, replies) == 128, "layout");
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a lock would not be shared between processes");

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory"); /* `yield` does nothing on most cores */
#endif
}

static int changed(_Atomic uint32_t *counter, uint32_t last) {
    return atomic_load(counter) != last;
}

static int spin(_Atomic uint32_t *counter, uint32_t last, uint64_t until) {
    do {
        for (int i = 0; i < 64; i++) {
            if (changed(counter, last)) return 1;
            relax();
        }
    } while (now_ns() < until);
    return 0;
}

int mailbox_wait(_Atomic uint32_t *counter, _Atomic uint32_t *waits, uint32_t last,
                 uint32_t timeout_ms, uint32_t spin_ns) {
    if (changed(counter, last)) return MAILBOX_READY;
    uint64_t start = now_ns(), deadline = start + (uint64_t)timeout_ms * 1000000u;
    if (spin_ns && spin(counter, last, start + spin_ns)) return MAILBOX_READY;
    int result = MAILBOX_TIMEOUT;
    atomic_store(waits, 1);
    while (!changed(counter, last)) {
        uint64_t now = now_ns();
        if (now >= deadline) break;
        uint64_t left = deadline - now;
        struct timespec time = {(time_t)(left / 1000000000u), (long)(left % 1000000000u)};
        /* Not FUTEX_PRIVATE: the other side is another process. */
        if (syscall(SYS_futex, counter, FUTEX_WAIT, last, &time, NULL, 0) && errno == EINTR) {
            result = MAILBOX_INTERRUPTED; /* Python must run its signal handlers */
            break;
        }
    }
    atomic_store(waits, 0);
    return changed(counter, last) ? MAILBOX_READY : result;
}

void mailbox_wake(_Atomic uint32_t *counter, _Atomic uint32_t *waits) {
    /* Sequentially consistent, as are the change of the counter before it and the waiter's store
     * of `waits` before its last look at the counter: one of the two sees the other. */
    if (atomic_load(waits)) syscall(SYS_futex, counter, FUTEX_WAKE, 1, NULL, NULL, 0);
}

char *mailbox_put_number(char *at, uint32_t value) {
    if (value < 0x80) {
        *at++ = (char)value;
        return at;
    }
    *at++ = (char)0xCE;
    for (int shift = 24; shift >= 0; shift -= 8) *at++ = (char)(value >> shift);
    return at;
}

int mailbox_take_number(const uint8_t **at, const uint8_t *end, int64_t *value) {
    if (*at >= end) return 0;
    uint8_t tag = *(*at)++;
    if (tag < 0x80) {
        *value = tag;
        return 1;
    }
    if (tag < 0xCC || tag > 0xCE) return 0;
    int bytes = 1 << (tag - 0xCC);
    if (end - *at < bytes) return 0;
    for (*value = 0; bytes--;) *value = *value << 8 | *(*at)++;
    return 1;
}

#define EXPORT __attribute__((visibility("default")))

/* Writes the head of a new mailbox. */
EXPORT void copain_shm_init(Mailbox *box) {
    box->magic = MAILBOX_MAGIC;
    box->version = MAILBOX_VERSION;
}

/* Waits for the emulator to attach. */
EXPORT int copain_shm_wait_attached(Mailbox *box, uint32_t timeout_ms) {
    return mailbox_wait(&box->attached, &box->client_waits, 0, timeout_ms, 0);
}

/* Posts a request, which must fit in what is mapped. */
EXPORT void copain_shm_send(Mailbox *box, const char *data, uint32_t size, uint32_t emulator_spins) {
    memcpy(box->data, data, size);
    box->length = size;
    atomic_store_explicit(&box->emulator_spins, emulator_spins, memory_order_relaxed);
    atomic_fetch_add(&box->requests, 1);
    mailbox_wake(&box->requests, &box->emulator_waits);
}

/* Waits for the reply to the last request. */
EXPORT int copain_shm_wait(Mailbox *box, uint32_t timeout_ms, uint32_t spin_ns) {
    uint32_t answered = atomic_load(&box->requests) - 1; /* replies before this one */
    return mailbox_wait(&box->replies, &box->client_waits, answered, timeout_ms, spin_ns);
}

/* ---- many emulators in one call ---------------------------------------- */

/* Posts a step to each of n emulators: ["step", frames, 1, mask], the RAM alone is asked for. */
EXPORT void copain_shm_send_steps(Mailbox **boxes, uint32_t n, const int64_t *frames,
                                  const int64_t *masks, uint32_t emulator_spins) {
    static const char STEP[] = {(char)0x94, (char)0xA4, 's', 't', 'e', 'p'};
    for (uint32_t i = 0; i < n; i++) {
        char message[32], *end = message + sizeof STEP;
        memcpy(message, STEP, sizeof STEP);
        end = mailbox_put_number(end, (uint32_t)frames[i]);
        *end++ = 1;
        end = mailbox_put_number(end, (uint32_t)masks[i]);
        copain_shm_send(boxes[i], message, (uint32_t)(end - message), emulator_spins);
    }
}

/* Reads the reply to a step: [0, frames, lag frames, RAM]; 0 when it is another one. */
static int take_step(const Mailbox *box, uint8_t *ram, uint32_t ram_size, int64_t *counts) {
    const uint8_t *at = (const uint8_t *)box->data, *end = at + box->length;
    if (box->length > 64 + ram_size || end - at < 2 || *at++ != 0x94 || *at++ != 0) return 0;
    int64_t frames, lag_frames;
    if (!mailbox_take_number(&at, end, &frames) || !mailbox_take_number(&at, end, &lag_frames)) return 0;
    if (end - at != 3 + (ptrdiff_t)ram_size || at[0] != 0xC5 ||
        (uint32_t)(at[1] << 8 | at[2]) != ram_size)
        return 0;
    memcpy(ram, at + 3, ram_size);
    counts[0] = frames;
    counts[1] = lag_frames;
    return 1;
}

/* Waits for the replies of n emulators to a step and takes them over.
 *
 * Row rows[i] of rams, `stride` bytes each, and of counts, two numbers each, gets those of emulator
 * i; taken[i] is 1 for a reply that was taken over, 2 for one of another kind, which still lies in its
 * mailbox, 0 for none. Returns how many were taken over. */
EXPORT uint32_t copain_shm_collect(Mailbox **boxes, uint32_t n, uint32_t timeout_ms, uint8_t *rams,
                                   int64_t stride, uint32_t ram_size, int64_t *counts,
                                   const int64_t *rows, uint8_t *taken) {
    uint32_t count = 0;
    memset(taken, 0, n);
    /* Who was told last mostly ends last: waiting for it first, we are woken once, not n times. */
    for (uint32_t i = n; i-- > 0;) {
        if (copain_shm_wait(boxes[i], timeout_ms, 0) != MAILBOX_READY) {
            timeout_ms = 0; /* once one was late, the others are only looked at */
            continue;
        }
        uint8_t *ram = rams + rows[i] * stride;
        taken[i] = take_step(boxes[i], ram, ram_size, counts + 2 * rows[i]) ? 1 : 2;
        count += taken[i] == 1;
    }
    return count;
}
