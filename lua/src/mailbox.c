/* Waiting and posting in a mailbox, see mailbox.h. Both sides link this file. Python calls
 * the functions that begin with copain_shm_, without holding the interpreter's lock.
 *
 * Addresses, lengths and rows come from transport_shm.py, which checks them: a message fits in
 * the mapped memory, arrays have an element for each mailbox, rows are within the arrays. */
#define _GNU_SOURCE
#include "mailbox.h"

#include "export.h"
#include "step_message.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

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
    /* All of these operations are sequentially consistent. The sender changes the counter, then
     * reads `waits`; the waiter sets `waits`, then reads the counter. So at least one of them sees
     * the other's change. */
    if (atomic_load(waits)) syscall(SYS_futex, counter, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* ---- what Python calls -------------------------------------------------- */

/* Writes the head of a new mailbox. */
EXPORT void copain_shm_init(Mailbox *box) {
    box->magic = MAILBOX_MAGIC;
    box->version = MAILBOX_VERSION;
}

/* Waits for the emulator to attach. */
EXPORT int copain_shm_wait_attached(Mailbox *box, uint32_t timeout_ms) {
    return mailbox_wait(&box->attached, &box->client_waits, 0, timeout_ms, 0);
}

/* Posts a request, which must fit in the mapped memory. */
EXPORT void copain_shm_send(Mailbox *box, const uint8_t *data, uint32_t size, uint32_t emulator_spins) {
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

/* Posts a plain step (step_message.h) to each of n emulators. */
EXPORT void copain_shm_send_steps(Mailbox *const *boxes, uint32_t n, const int64_t *frames,
                                  const int64_t *masks, uint32_t emulator_spins) {
    for (uint32_t i = 0; i < n; i++) {
        uint8_t message[STEP_REQUEST_MAX];
        size_t size = step_write_request(message, (uint32_t)frames[i], (uint32_t)masks[i]);
        copain_shm_send(boxes[i], message, (uint32_t)size, emulator_spins);
    }
}

/* Reads the reply to a plain step. Returns 0 for any other reply. */
static int take_step(const Mailbox *box, uint8_t *ram, int64_t *counts) {
    /* The length comes from the emulator; never read beyond the memory that Python has mapped. */
    return box->length <= STEP_REPLY_MAX &&
           step_read_reply(box->data, box->length, &counts[0], &counts[1], ram);
}

/* Waits for the replies of n emulators to a step, and copies their results.
 *
 * Emulator i's RAM goes to row rows[i] of rams (`stride` bytes per row), its frame and lag counts to
 * row rows[i] of counts. taken[i] becomes 1 if the reply was copied, 2 if it is of another kind
 * and stays in its mailbox, and 0 if there was none. Returns the number of replies copied. */
EXPORT uint32_t copain_shm_collect(Mailbox *const *boxes, uint32_t n, uint32_t timeout_ms,
                                   uint8_t *rams, int64_t stride, int64_t *counts,
                                   const int64_t *rows, uint8_t *taken) {
    uint32_t count = 0;
    memset(taken, 0, n);
    /* The emulator that got its request last usually replies last. Waiting for it first takes one
     * wake-up instead of n. */
    for (uint32_t i = n; i-- > 0;) {
        if (copain_shm_wait(boxes[i], timeout_ms, 0) != MAILBOX_READY) {
            timeout_ms = 0; /* after one late reply, do not wait for the others */
            continue;
        }
        uint8_t *ram = rams + rows[i] * stride;
        taken[i] = take_step(boxes[i], ram, counts + 2 * rows[i]) ? 1 : 2;
        count += taken[i] == 1;
    }
    return count;
}
