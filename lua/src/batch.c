/* Batches: many short runs from savestates in one request.
 *
 *   batch = native.batch(message, machine)   checks the message; nothing is played yet
 *   batch:play()                             headless engine: begins to play all items; whether there are frames
 *   frames, draw, mask... = batch:next()     otherwise: the next hold, and whether its last frame is drawn;
 *                                            nothing at the end
 *   reply = batch:reply()
 *
 * The headless engine plays a batch without Lua, see engine.h. For other emulators, the bridge emulates
 * the frames of each hold, and `machine` has the functions load(handle), save(), has(handle), free(handle),
 * read(address, length), hash() and counts(). The string that hash() returns is hashed here.
 *
 * A message is a head of BATCH_HEAD_WORDS numbers of 32 bits, followed by arrays without gaps. Numbers are in
 * the machine's byte order, which is little endian on all platforms that FCEUX runs on.
 *
 *   head                     flags, items, holds, pads, ranges, conditions, frees, height << 16 | width
 *                            (the size of pictures with the flag BATCH_SMALL_PICTURE, else 0)
 *   uint64 handle[items]     the savestate to load; 0 goes on from where the machine is
 *   uint64 freed[frees]      savestates that are not needed any more; they are freed first
 *   uint32 holds_of[items]   number of holds of each item
 *   uint32 frames[holds]
 *   uint32 range[ranges][2]  address and length of what is read at the end of each item
 *   uint32 condition[conditions][4]   address, mask, comparison, value: an item ends after the first hold
 *                                     after which one is true
 *   uint8 masks[holds][pads] buttons
 *   uint8 keep[items]        whether the state at the end is kept
 *
 * The reply:
 *
 *   uint64 kept[items]       handles; 0 if the state was not kept
 *   uint64 hash[items]       with the flag BATCH_HASH only
 *   uint32 frame_count[items], lag_count[items], played[items]
 *   uint32 ended[items]      1 + the number of the condition that ended the item, or 0
 *   uint8 memory[items][sum of the lengths]
 *   uint8 picture[items][height * width]   with the flag BATCH_SMALL_PICTURE only
 */
#define _GNU_SOURCE
#include "engine.h"
#include "native.h"
#include "protocol.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define METATABLE "copain.batch"

enum { HANDLE_LIMIT_BITS = 53 }; /* Lua's numbers hold larger integers inexactly */

typedef struct {
    lua_State *lua;                   /* of the current call; NULL while the engine plays */
    const struct CopainEngine *engine; /* NULL: the machine is a table of Lua functions */
    uint32_t flags, items, holds, pads, ranges, conditions, frees, row;
    uint32_t height, width; /* of small pictures; 0 if none are sent */
    const uint64_t *handle, *freed;
    const uint32_t *holds_of, *frames, *range, *condition;
    const uint8_t *masks, *keep;
    /* the reply */
    uint64_t *kept, *hash;
    uint32_t *frame_count, *lag_count, *played, *ended;
    uint8_t *memory, *picture;
    uint8_t *reply;
    size_t reply_size;
    /* where it is */
    uint32_t item;       /* the item that is played */
    uint32_t hold, end;  /* the next hold, and the first hold of the next item */
    int begun, in_hold;  /* whether the item has begun, and whether a hold was given out */
    int replied;
    char error[200];     /* empty, or why the batch cannot go on */
    uint64_t data[];     /* the message, then the reply */
} Batch;

static const struct CopainEngine *find_engine(void) {
    const struct CopainEngine *engine = dlsym(RTLD_DEFAULT, "copain_engine");
    return engine && engine->version == COPAIN_ENGINE_VERSION_OF_STRUCTURE ? engine : NULL;
}

/* ---- the machine: the engine, or a table of functions ------------------------------------------ */

/* Pushes a function of the table; the batch is the first argument of each method. */
static lua_State *push_function(Batch *b, const char *name) {
    lua_State *L = b->lua;
    lua_getfenv(L, 1);
    lua_getfield(L, -1, name);
    lua_remove(L, -2);
    return L;
}

static int has(Batch *b, uint64_t handle) {
    if (b->engine && b->engine->has(handle)) return 1;
    if (b->engine) return 0;
    lua_State *L = push_function(b, "has");
    lua_pushnumber(L, (lua_Number)handle);
    lua_call(L, 1, 1);
    int found = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return found;
}

static void release(Batch *b, uint64_t handle) {
    if (b->engine) {
        b->engine->free(handle);
        return;
    }
    lua_State *L = push_function(b, "free");
    lua_pushnumber(L, (lua_Number)handle);
    lua_call(L, 1, 0);
}

static void load(Batch *b, uint64_t handle) {
    if (b->engine) {
        const char *wrong = b->engine->load(handle);
        if (wrong) snprintf(b->error, sizeof b->error, "%s", wrong);
        return;
    }
    lua_State *L = push_function(b, "load");
    lua_pushnumber(L, (lua_Number)handle);
    lua_call(L, 1, 0);
}

static uint64_t save(Batch *b) {
    if (b->engine) {
        const char *wrong = NULL;
        uint64_t handle = b->engine->save(&wrong);
        if (!handle) snprintf(b->error, sizeof b->error, "%s", wrong);
        return handle;
    }
    lua_State *L = push_function(b, "save");
    lua_call(L, 0, 1);
    uint64_t handle = (uint64_t)lua_tonumber(L, -1);
    lua_pop(L, 1);
    return handle;
}

static uint64_t hash_of(Batch *b) {
    if (b->engine) return b->engine->hash();
    lua_State *L = push_function(b, "hash");
    lua_call(L, 0, 1);
    size_t size;
    const char *bytes = luaL_checklstring(L, -1, &size);
    uint64_t hash = 0xCBF29CE484222325u; /* FNV-1a */
    for (size_t i = 0; i < size; i++) hash = (hash ^ (uint8_t)bytes[i]) * 0x100000001B3u;
    lua_pop(L, 1);
    return hash;
}

static void read_memory(Batch *b, uint32_t address, uint32_t length, uint8_t *out) {
    if (b->engine) {
        b->engine->read(address, length, out);
        return;
    }
    lua_State *L = push_function(b, "read");
    lua_pushnumber(L, address);
    lua_pushnumber(L, length);
    lua_call(L, 2, 1);
    size_t size;
    const char *bytes = luaL_checklstring(L, -1, &size);
    memcpy(out, bytes, size < length ? size : length);
    lua_pop(L, 1);
}

static void count(Batch *b, uint32_t *frames, uint32_t *lag_frames) {
    if (b->engine) {
        b->engine->counts(frames, lag_frames);
        return;
    }
    lua_State *L = push_function(b, "counts");
    lua_call(L, 0, 2);
    *frames = (uint32_t)lua_tonumber(L, -2);
    *lag_frames = (uint32_t)lua_tonumber(L, -1);
    lua_pop(L, 2);
}

static void take_picture(Batch *b, uint8_t *out) {
    const uint8_t *indices, *palette;
    b->engine->picture(&indices, &palette);
    if (!picture_shrink(indices, palette, (int)b->height, (int)b->width, out))
        snprintf(b->error, sizeof b->error, "out of memory");
}

/* ---- playing ------------------------------------------------------------------------------------ */

static int holds_true(Batch *b, const uint32_t *condition) {
    uint8_t byte;
    read_memory(b, condition[0], 1, &byte);
    uint32_t found = byte & condition[1], value = condition[3];
    switch (condition[2]) {
    case IS_EQUAL: return found == value;
    case IS_NOT_EQUAL: return found != value;
    case IS_LESS: return found < value;
    case IS_AT_MOST: return found <= value;
    case IS_GREATER: return found > value;
    default: return found >= value;
    }
}

static void begin_item(Batch *b) {
    if (b->handle[b->item]) load(b, b->handle[b->item]);
    b->end = b->hold + b->holds_of[b->item];
    b->played[b->item] = b->ended[b->item] = 0;
    b->begun = 1;
}

static void end_item(Batch *b) {
    uint32_t k = b->item;
    uint8_t *out = b->memory + (size_t)k * b->row;
    for (uint32_t i = 0; i < b->ranges; out += b->range[2 * i + 1], i++)
        read_memory(b, b->range[2 * i], b->range[2 * i + 1], out);
    count(b, &b->frame_count[k], &b->lag_count[k]);
    if (b->flags & BATCH_HASH) b->hash[k] = hash_of(b);
    if (b->height) take_picture(b, b->picture + (size_t)k * b->height * b->width);
    if (b->keep[k]) b->kept[k] = save(b);
    b->hold = b->end;
    b->begun = 0;
    b->item++;
}

/* Goes on to the next hold. Returns its number of frames, or 0 at the end of the batch or after an error. */
static uint32_t go_on(Batch *b) {
    if (b->in_hold) {
        b->in_hold = 0;
        for (uint32_t i = 0; i < b->conditions && !b->ended[b->item]; i++)
            if (holds_true(b, b->condition + 4 * i)) b->ended[b->item] = i + 1;
    }
    while (b->item < b->items) {
        if (!b->begun) begin_item(b);
        if (b->error[0]) return 0;
        while (!b->ended[b->item] && b->hold < b->end) {
            uint32_t frames = b->frames[b->hold++];
            if (!frames) continue;
            b->played[b->item] += frames;
            b->in_hold = 1;
            return frames;
        }
        end_item(b);
        if (b->error[0]) return 0;
    }
    return 0;
}

/* The masks of the hold that `go_on` gave out. */
static const uint8_t *masks_of(const Batch *b) { return b->masks + (size_t)(b->hold - 1) * b->pads; }

/* Whether the last frame of this hold is drawn: it is, or may be, the last one of its item. */
static int draws(const Batch *b) {
    if (!b->height) return 0;
    for (uint32_t k = b->hold; k < b->end && !b->conditions; k++)
        if (b->frames[k]) return 0;
    return 1;
}

static void after_hold(void *context);

static void play(Batch *b, uint32_t frames, int in_script) {
    b->engine->play(frames, masks_of(b), (int)b->pads, draws(b), after_hold, b, in_script);
}

static void after_hold(void *context) {
    uint32_t frames = go_on(context);
    if (frames) play(context, frames, 0);
}

/* ---- the message --------------------------------------------------------------------------------- */

static int refuse(lua_State *L, const char *what, double value, double low, double high) {
    return luaL_error(L, "%s is %f; it must be from %f to %f", what, value, low, high);
}

static void check(lua_State *L, const char *what, uint64_t value, uint64_t low, uint64_t high) {
    if (value < low || value > high) refuse(L, what, (double)value, (double)low, (double)high);
}

static uint64_t message_size(const Batch *b) {
    return BATCH_HEAD_WORDS * 4 + 8 * ((uint64_t)b->items + b->frees) + 4 * ((uint64_t)b->items + b->holds) +
           8 * (uint64_t)b->ranges + 16 * (uint64_t)b->conditions + (uint64_t)b->holds * b->pads + b->items;
}

static void read_head(lua_State *L, Batch *b, const char *message, size_t size) {
    uint32_t head[BATCH_HEAD_WORDS];
    if (size < sizeof head) luaL_error(L, "the batch has %d bytes; its head alone has %d", (int)size, (int)sizeof head);
    memcpy(head, message, sizeof head);
    b->flags = head[0], b->items = head[1], b->holds = head[2], b->pads = head[3];
    b->ranges = head[4], b->conditions = head[5], b->frees = head[6];
    check(L, "the sum of flags of the batch", b->flags, 0, BATCH_HASH | BATCH_SMALL_PICTURE);
    check(L, "the number of items", b->items, 0, BATCH_MAX_ITEMS);
    check(L, "the number of holds", b->holds, 0, BATCH_MAX_ITEMS);
    check(L, "the number of pads", b->pads, 1, 4);
    check(L, "the number of memory ranges", b->ranges, 0, 0x10000);
    check(L, "the number of conditions", b->conditions, 0, 0x10000);
    if (b->flags & BATCH_SMALL_PICTURE) {
        b->height = head[7] >> 16, b->width = head[7] & 0xFFFF;
        check(L, "the height of pictures", b->height, 1, PICTURE_HEIGHT);
        check(L, "the width of pictures", b->width, 1, PICTURE_WIDTH);
    } else
        check(L, "the last number of the head", head[7], 0, 0);
    if (size != message_size(b))
        luaL_error(L, "the batch has %f bytes; its head says %f", (double)size, (double)message_size(b));
}

static void place_arrays(Batch *b) {
    b->handle = b->data + BATCH_HEAD_WORDS / 2;
    b->freed = b->handle + b->items;
    b->holds_of = (const uint32_t *)(b->freed + b->frees);
    b->frames = b->holds_of + b->items;
    b->range = b->frames + b->holds;
    b->condition = b->range + 2 * b->ranges;
    b->masks = (const uint8_t *)(b->condition + 4 * b->conditions);
    b->keep = b->masks + (size_t)b->holds * b->pads;
}

static void place_reply(Batch *b, uint64_t *at) {
    b->reply = (uint8_t *)at;
    b->kept = at, at += b->items;
    b->hash = at, at += b->flags & BATCH_HASH ? b->items : 0;
    b->frame_count = (uint32_t *)at;
    b->lag_count = b->frame_count + b->items;
    b->played = b->lag_count + b->items;
    b->ended = b->played + b->items;
    b->memory = (uint8_t *)(b->ended + b->items);
    b->picture = b->memory + (size_t)b->items * b->row;
    memset(b->kept, 0, b->items * sizeof *b->kept);
}

static void check_arrays(lua_State *L, const Batch *b) {
    uint64_t holds = 0, frames = 0;
    for (uint32_t k = 0; k < b->items; k++) holds += b->holds_of[k];
    check(L, "the number of holds of all items", holds, b->holds, b->holds);
    for (uint32_t k = 0; k < b->holds; k++) frames += b->frames[k];
    check(L, "the number of frames of the batch", frames, 0, MAX_FRAMES);
    for (uint32_t k = 0; k < b->ranges; k++) {
        check(L, "an address", b->range[2 * k], 0, 0xFFFF);
        check(L, "the length of a memory range", b->range[2 * k + 1], 0, 0x10000 - b->range[2 * k]);
    }
    for (uint32_t k = 0; k < b->conditions; k++) {
        const uint32_t *condition = b->condition + 4 * k;
        check(L, "the address of a condition", condition[0], 0, 0xFFFF);
        check(L, "the mask of a condition", condition[1], 0, 0xFF);
        check(L, "the comparison of a condition", condition[2], 0, IS_AT_LEAST);
        check(L, "the value of a condition", condition[3], 0, 0xFF);
    }
}

/* batch(message, machine): checks a message, frees what it says and checks the handles. `machine` is for
 * emulators other than the headless engine. */
int native_batch(lua_State *L) {
    size_t size;
    const char *message = luaL_checklstring(L, 1, &size);
    luaL_checktype(L, 2, LUA_TTABLE);
    Batch head;
    memset(&head, 0, sizeof head);
    read_head(L, &head, message, size);

    size_t words = (size + 7) / 8;
    uint64_t row = 0;
    const uint32_t *ranges = NULL;
    Batch *b = lua_newuserdata(L, sizeof *b + words * 8); /* first without the reply, to add up its size */
    *b = head;
    memcpy(b->data, message, size);
    place_arrays(b);
    check_arrays(L, b);
    ranges = b->range;
    for (uint32_t k = 0; k < b->ranges; k++) row += ranges[2 * k + 1];
    uint64_t each = 8 + (b->flags & BATCH_HASH ? 8 : 0) + 16 + row + (uint64_t)b->height * b->width;
    uint64_t reply = each * b->items;
    check(L, "the size of the reply in bytes", reply, 0, BATCH_MAX_REPLY);
    lua_pop(L, 1);

    b = lua_newuserdata(L, sizeof *b + words * 8 + reply);
    *b = head;
    memcpy(b->data, message, size);
    b->row = (uint32_t)row;
    b->reply_size = reply;
    place_arrays(b);
    place_reply(b, b->data + words);
    b->engine = find_engine();
    if (b->height && !b->engine) return luaL_error(L, "only the headless engine sends pictures in a batch");
    luaL_getmetatable(L, METATABLE);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, 2);
    lua_setfenv(L, -2);
    lua_replace(L, 1);
    lua_settop(L, 1);
    b->lua = L;
    for (uint32_t k = 0; k < b->frees; k++)
        if (!(b->freed[k] >> HANDLE_LIMIT_BITS)) release(b, b->freed[k]);
    for (uint32_t k = 0; k < b->items; k++)
        if (b->handle[k] && (b->handle[k] >> HANDLE_LIMIT_BITS || !has(b, b->handle[k])))
            return luaL_error(L, "savestate handle %f is unknown", (double)b->handle[k]);
    b->lua = NULL;
    return 1;
}

/* ---- methods -------------------------------------------------------------------------------------- */

static Batch *check_batch(lua_State *L) {
    Batch *b = luaL_checkudata(L, 1, METATABLE);
    b->lua = L;
    return b;
}

static int batch_play(lua_State *L) {
    Batch *b = check_batch(L);
    if (!b->engine) {
        lua_pushnil(L);
        return 1;
    }
    uint32_t frames = go_on(b);
    if (frames) play(b, frames, 1);
    lua_pushboolean(L, frames > 0);
    return 1;
}

static int batch_next(lua_State *L) {
    Batch *b = check_batch(L);
    uint32_t frames = go_on(b);
    if (!frames) return 0;
    lua_pushnumber(L, frames);
    lua_pushboolean(L, draws(b));
    for (uint32_t i = 0; i < b->pads; i++) lua_pushinteger(L, masks_of(b)[i]);
    return (int)(2 + b->pads);
}

static int batch_reply(lua_State *L) {
    Batch *b = check_batch(L);
    if (b->error[0]) return luaL_error(L, "item %d of the batch: %s", (int)b->item, b->error);
    if (b->item < b->items)
        return luaL_error(L, "the batch was ended in item %d, by copain.hold in a callback", (int)b->item);
    b->replied = 1;
    lua_pushlstring(L, (const char *)b->reply, b->reply_size);
    return 1;
}

/* A batch that failed: nobody will know the handles that it has kept. */
static int batch_gc(lua_State *L) {
    Batch *b = luaL_checkudata(L, 1, METATABLE);
    if (!b->engine || b->replied) return 0;
    b->engine->stop(b);
    for (uint32_t k = 0; k < b->items; k++)
        if (b->kept[k]) b->engine->free(b->kept[k]);
    b->replied = 1;
    return 0;
}

static const luaL_Reg methods[] = {
    {"play", batch_play}, {"next", batch_next}, {"reply", batch_reply}, {NULL, NULL}};

void native_register_batch(lua_State *L) {
    luaL_newmetatable(L, METATABLE);
    lua_newtable(L);
    luaL_register(L, NULL, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, batch_gc);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
}
