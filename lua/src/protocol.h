/* The numbers of the protocol, each written once for C and Lua. Lua finds them in the table
 * `protocol` of the C module. Python's copy is copain_gym/bridge/protocol.py, which has the same
 * names; tests/protocol/test_constants.py compares them. docs/protocol.md explains them. */
#ifndef COPAIN_PROTOCOL_H
#define COPAIN_PROTOCOL_H

#define PROTOCOL_NUMBERS(X)                                                                        \
    X(PROTOCOL_VERSION, 1)                                                                         \
    /* Kinds of message from the emulator. */                                                      \
    X(REPLY_OK, 0)                                                                                 \
    X(REPLY_ERROR, 1)                                                                              \
    X(REPLY_EVENT, 2)                                                                              \
    /* What a step does and sends; `want` is a sum of these flags. */                              \
    X(WANT_RAM, 1)                                                                                 \
    X(WANT_PICTURE, 2)                                                                             \
    X(WANT_DRAWING, 4) /* draw the last frame, but do not send it */                               \
    X(WANT_STATE, 8)   /* save the state and send its handle */                                    \
    X(WANT_SMALL_PICTURE, 16)                                                                      \
    X(MAX_FRAMES, 1000000) /* in one step; limits the damage of a typing error */                  \
    /* A batch, see batch.c. */                                                                    \
    X(BATCH_HEAD_WORDS, 8)                                                                         \
    X(BATCH_HASH, 1) /* send a hash of the state at the end of each item */                        \
    X(BATCH_SMALL_PICTURE, 2) /* draw the last frame of each item, send it in grey, scaled down */ \
    X(BATCH_MAX_ITEMS, 1000000) /* also the limit of its holds */                                  \
    X(BATCH_MAX_REPLY, 0x10000000) /* bytes */                                                     \
    /* How a condition compares a byte, after its mask, with a value. */                           \
    X(IS_EQUAL, 0)                                                                                 \
    X(IS_NOT_EQUAL, 1)                                                                             \
    X(IS_LESS, 2)                                                                                  \
    X(IS_AT_MOST, 3)                                                                               \
    X(IS_GREATER, 4)                                                                               \
    X(IS_AT_LEAST, 5)                                                                              \
    /* Sizes in bytes and pixels. */                                                               \
    X(RAM_SIZE, 0x800)                                                                             \
    X(PICTURE_HEIGHT, 240)                                                                         \
    X(PICTURE_WIDTH, 256)                                                                          \
    X(PALETTE_SIZE, 768) /* red, green, blue of 256 colours */                                     \
    X(GD_HEADER_SIZE, 11) /* before the pixels of a picture in GD's format */                      \
    X(TCP_MAX_MESSAGE, 0x2000000) /* bytes over TCP: twice the largest savestate */                \
    /* The mailbox in shared memory, see mailbox.h. */                                             \
    X(MAILBOX_MAGIC, 0x584D5043) /* "CPMX" */                                                      \
    X(MAILBOX_VERSION, 1)                                                                          \
    X(MAILBOX_HEAD_SIZE, 256)                                                                      \
    X(MAILBOX_LENGTH_WORD, 2) /* index of the head's 32-bit word with the message's length */      \
    X(MAILBOX_MAX_MESSAGE, 0x40000000)                                                             \
    /* Results of waiting on the mailbox. */                                                       \
    X(MAILBOX_INTERRUPTED, -1)                                                                     \
    X(MAILBOX_TIMEOUT, 0)                                                                          \
    X(MAILBOX_READY, 1)

/* The first bytes of a savestate in FCEUX's own format. */
#define FCEUX_STATE_MAGIC "FCSX"

#define PROTOCOL_ENUMERATOR(name, value) name = (value),
enum { PROTOCOL_NUMBERS(PROTOCOL_ENUMERATOR) };
#undef PROTOCOL_ENUMERATOR

#endif
