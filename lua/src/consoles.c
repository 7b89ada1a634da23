/* Steps of several machines in each of several emulators: what Python does in C. Each machine is a
 * savestate in its emulator; a step is a batch (see batch.c) whose items load a savestate, hold
 * buttons, and keep the savestate of the end.
 *
 * Addresses, rows and sizes come from shm_groups.py, which checks them. */
#include "mailbox.h"

#include "export.h"

#include <string.h>

/* Where the results of machines go. A machine has the same row in all arrays. */
typedef struct {
    uint8_t *images; /* memory that was read, `image_size` bytes for each */
    int64_t image_size;
    int64_t *counts; /* frames and lag frames, two for each */
    uint64_t *handles; /* its savestate */
    uint64_t *stale;   /* the savestate before, which the next step frees; 0: none */
    uint8_t *fixed;    /* 1: the savestate belongs to somebody else, too, and is not freed */
    uint8_t *pictures; /* grey pictures; NULL for none */
    const uint32_t *ranges; /* address and length of what is read */
    int64_t range_count, pads, height, width; /* of pictures; 0 for none */
} Consoles;

/* The machines of a step: those of emulator e are rows[first[e]] to rows[first[e + 1] - 1]. */
typedef struct {
    Mailbox *const *boxes;
    const int64_t *first, *rows;
    int64_t emulators;
} Division;

EXPORT int copain_shm_wait(Mailbox *box, uint32_t timeout_ms, uint32_t spin_ns);

/* MessagePack: an array of two, a text of ten characters, and the head of 32 bits of a byte string. */
static const uint8_t REQUEST[] = "\x92\xAAplay_batch\xC6";
enum { REQUEST_SIZE = sizeof REQUEST - 1 };

static uint8_t *put32(uint8_t *at, uint32_t value) {
    memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

static uint8_t *put64(uint8_t *at, uint64_t value) {
    memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

/* Writes the batch of one emulator into its mailbox, which has room for it; returns its length. */
static uint32_t write_batch(const Consoles *c, uint8_t *out, const int64_t *rows, uint32_t items,
                            const int64_t *masks, const int64_t *frames) {
    uint32_t pads = (uint32_t)c->pads, ranges = (uint32_t)c->range_count, frees = 0;
    for (uint32_t i = 0; i < items; i++) frees += c->stale[rows[i]] != 0;
    memcpy(out, REQUEST, REQUEST_SIZE);
    uint8_t *begin = out + REQUEST_SIZE + 4, *at = begin;
    const uint32_t flags = c->pictures ? BATCH_SMALL_PICTURE : 0;
    const uint32_t size_of_pictures = (uint32_t)(c->height << 16 | c->width);
    const uint32_t head[BATCH_HEAD_WORDS] = {flags, items, items, pads, ranges, 0, frees, size_of_pictures};
    memcpy(at, head, sizeof head);
    at += sizeof head;
    for (uint32_t i = 0; i < items; i++) at = put64(at, c->handles[rows[i]]);
    for (uint32_t i = 0; i < items; i++) {
        if (c->stale[rows[i]]) at = put64(at, c->stale[rows[i]]);
        c->stale[rows[i]] = 0;
    }
    for (uint32_t i = 0; i < items; i++) at = put32(at, 1); /* holds */
    for (uint32_t i = 0; i < items; i++) at = put32(at, (uint32_t)frames[i]);
    memcpy(at, c->ranges, ranges * 2 * sizeof(uint32_t));
    at += ranges * 2 * sizeof(uint32_t);
    for (uint32_t i = 0; i < items * pads; i++) *at++ = (uint8_t)masks[i];
    memset(at, 1, items); /* keep */
    at += items;
    uint32_t size = (uint32_t)(at - begin);
    for (int k = 0; k < 4; k++) out[REQUEST_SIZE + k] = (uint8_t)(size >> (24 - 8 * k));
    return (uint32_t)(at - out);
}

/* The largest request for this number of machines in an emulator. */
EXPORT int64_t copain_shm_consoles_size(const Consoles *c, int64_t machines) {
    return REQUEST_SIZE + 4 + 4 * BATCH_HEAD_WORDS + machines * (8 + 8 + 4 + 4 + c->pads + 1) +
           8 * c->range_count;
}

/* Posts a step. `masks` has `pads` numbers for each machine, `frames` one, in the order of the rows. */
EXPORT void copain_shm_send_consoles(const Consoles *c, const Division *d, const int64_t *masks,
                                     const int64_t *frames) {
    for (int64_t e = 0; e < d->emulators; e++) {
        Mailbox *box = d->boxes[e];
        int64_t first = d->first[e];
        uint32_t items = (uint32_t)(d->first[e + 1] - first);
        box->length = write_batch(c, box->data, d->rows + first, items, masks + first * c->pads,
                                  frames + first);
        atomic_store_explicit(&box->emulator_spins, 0, memory_order_relaxed);
        atomic_fetch_add(&box->requests, 1);
        mailbox_wake(&box->requests, &box->emulator_waits);
    }
}

/* The content of a reply [REPLY_OK, byte string] of exactly `size` bytes; else NULL. */
static const uint8_t *content(const Mailbox *box, uint32_t size, uint32_t mapped) {
    const uint8_t *data = box->data;
    if (box->length > mapped || box->length < 4 || data[0] != 0x92 || data[1] != REPLY_OK) return NULL;
    uint32_t head = data[2] == 0xC4 ? 1 : data[2] == 0xC5 ? 2 : data[2] == 0xC6 ? 4 : 0;
    if (!head || box->length != 3 + head + size) return NULL;
    uint32_t found = 0;
    for (uint32_t k = 0; k < head; k++) found = found << 8 | data[3 + k];
    return found == size ? data + 3 + head : NULL;
}

static int take(const Consoles *c, const Mailbox *box, const int64_t *rows, uint32_t items,
                uint32_t mapped) {
    const size_t picture_size = (size_t)(c->height * c->width);
    const uint32_t each = 8 + 4 * 4 + (uint32_t)c->image_size + (uint32_t)picture_size;
    const uint8_t *kept = content(box, items * each, mapped);
    if (!kept) return 0;
    for (uint32_t i = 0; i < items; i++) {
        uint64_t handle;
        memcpy(&handle, kept + 8 * i, sizeof handle);
        if (!handle) return 0;
    }
    const uint8_t *frames = kept + 8 * items, *lags = frames + 4 * items, *memory = lags + 12 * items;
    const uint8_t *pictures = memory + items * c->image_size;
    for (uint32_t i = 0; i < items; i++) {
        int64_t row = rows[i];
        uint32_t frame, lag;
        c->stale[row] = c->fixed[row] ? 0 : c->handles[row];
        c->fixed[row] = 0;
        memcpy(&c->handles[row], kept + 8 * i, 8);
        memcpy(&frame, frames + 4 * i, 4);
        memcpy(&lag, lags + 4 * i, 4);
        c->counts[2 * row] = frame;
        c->counts[2 * row + 1] = lag;
        memcpy(c->images + row * c->image_size, memory + i * c->image_size, (size_t)c->image_size);
        if (c->pictures)
            memcpy(c->pictures + (size_t)row * picture_size, pictures + i * picture_size, picture_size);
    }
    return 1;
}

/* Waits for the replies to a step and stores the results. `mapped` has the size of each mailbox's data.
 * taken[e] becomes 1 if the reply of emulator e was stored; else it is late, or it stays in its mailbox.
 * Returns the number of replies stored. */
EXPORT uint32_t copain_shm_collect_consoles(const Consoles *c, const Division *d, uint32_t timeout_ms,
                                            const int64_t *mapped, uint8_t *taken) {
    uint32_t count = 0;
    memset(taken, 0, (size_t)d->emulators);
    for (int64_t e = d->emulators; e-- > 0;) { /* the last is the last to reply, see mailbox.c */
        if (copain_shm_wait(d->boxes[e], timeout_ms, 0) != MAILBOX_READY) {
            timeout_ms = 0;
            continue;
        }
        int64_t first = d->first[e];
        taken[e] = (uint8_t)take(c, d->boxes[e], d->rows + first, (uint32_t)(d->first[e + 1] - first),
                                 (uint32_t)mapped[e]);
        count += taken[e];
    }
    return count;
}
