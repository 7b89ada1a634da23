/* MessagePack (https://msgpack.org) for Lua 5.1, strict about what it reads.
 *
 * pack(...) writes its arguments as one array; unpack(string) reads one array and
 * returns its elements. Lua strings are bytes, so they are written as `bin`; both
 * `str` and `bin` are read. A table with exactly the keys 1..n is an array (so is an
 * empty one), any other a map. A nil in a table is the same as a missing element.
 */
#include "native.h"
#include "step_message.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 32 };
static const lua_Number EXACT_INTEGERS = 9007199254740992.0; /* 2^53 */

/* ---- writing ---------------------------------------------------------- */

/* One buffer for all calls: packing runs no Lua code, so two calls cannot overlap. */
static struct { uint8_t *data; size_t size, capacity; } out;

static uint8_t *extend(lua_State *L, size_t n) {
    if (out.capacity - out.size < n) {
        size_t capacity = out.capacity ? out.capacity : 4096;
        while (capacity - out.size < n) capacity *= 2;
        uint8_t *data = realloc(out.data, capacity);
        if (!data) luaL_error(L, "out of memory: a message of %d bytes", (int)(out.size + n));
        out.data = data;
        out.capacity = capacity;
    }
    out.size += n;
    return out.data + out.size - n;
}

static void put(lua_State *L, int tag, uint64_t value, int bytes) {
    uint8_t *to = extend(L, (size_t)bytes + 1);
    *to = (uint8_t)tag;
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) *++to = (uint8_t)(value >> shift);
}

static void put_number(lua_State *L, lua_Number number) {
    if (number == floor(number) && fabs(number) <= EXACT_INTEGERS) {
        int64_t i = (int64_t)number;
        uint64_t u = (uint64_t)i;
        if (i >= -32 && i < 0x80) put(L, (int)(u & 0xFF), 0, 0);
        else if (i >= 0) {
            if (i <= 0xFF) put(L, 0xCC, u, 1);
            else if (i <= 0xFFFF) put(L, 0xCD, u, 2);
            else if (i <= 0xFFFFFFFFLL) put(L, 0xCE, u, 4);
            else put(L, 0xCF, u, 8);
        } else if (i >= INT8_MIN) put(L, 0xD0, u, 1);
        else if (i >= INT16_MIN) put(L, 0xD1, u, 2);
        else if (i >= INT32_MIN) put(L, 0xD2, u, 4);
        else put(L, 0xD3, u, 8);
        return;
    }
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    put(L, 0xCB, bits, 8);
}

static void put_string(lua_State *L, int index) {
    size_t n;
    const char *s = lua_tolstring(L, index, &n);
    if (n <= 0xFF) put(L, 0xC4, n, 1);
    else if (n <= 0xFFFF) put(L, 0xC5, n, 2);
    else put(L, 0xC6, n, 4);
    memcpy(extend(L, n), s, n);
}

static void put_count(lua_State *L, size_t n, int fix, int tag16) {
    if (n <= 15) put(L, fix | (int)n, 0, 0);
    else if (n <= 0xFFFF) put(L, tag16, n, 2);
    else put(L, tag16 + 1, n, 4);
}

static void put_value(lua_State *L, int index, int depth);

static void put_table(lua_State *L, int index, int depth) {
    if (depth >= MAX_DEPTH) luaL_error(L, "a table is nested deeper than %d levels", MAX_DEPTH);
    luaL_checkstack(L, 3, "packing a table");
    size_t length = lua_objlen(L, index), entries = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) entries++;
    if (entries == length) {
        put_count(L, length, 0x90, 0xDC);
        for (size_t i = 1; i <= length; i++) {
            lua_rawgeti(L, index, (int)i);
            put_value(L, lua_gettop(L), depth + 1);
            lua_pop(L, 1);
        }
        return;
    }
    put_count(L, entries, 0x80, 0xDE);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        int top = lua_gettop(L);
        if (lua_type(L, top - 1) == LUA_TNUMBER) put_number(L, lua_tonumber(L, top - 1));
        else put_value(L, top - 1, depth + 1);
        put_value(L, top, depth + 1);
    }
}

static void put_value(lua_State *L, int index, int depth) {
    switch (lua_type(L, index)) {
    case LUA_TNIL: put(L, 0xC0, 0, 0); break;
    case LUA_TBOOLEAN: put(L, lua_toboolean(L, index) ? 0xC3 : 0xC2, 0, 0); break;
    case LUA_TNUMBER: put_number(L, lua_tonumber(L, index)); break;
    case LUA_TSTRING: put_string(L, index); break;
    case LUA_TTABLE: put_table(L, index, depth); break;
    default:
        luaL_error(L, "a %s cannot be sent; allowed are nil, boolean, number, string and table",
                   luaL_typename(L, index));
    }
}

int native_pack(lua_State *L) {
    int n = lua_gettop(L);
    out.size = 0;
    put_count(L, (size_t)n, 0x90, 0xDC);
    for (int i = 1; i <= n; i++) put_value(L, i, 0);
    lua_pushlstring(L, (const char *)out.data, out.size);
    return 1;
}

/* ---- reading ---------------------------------------------------------- */

typedef struct { const uint8_t *at, *end; } Input;

static const uint8_t *take(lua_State *L, Input *in, size_t n) {
    if ((size_t)(in->end - in->at) < n) luaL_error(L, "malformed message: it ends too early");
    in->at += n;
    return in->at - n;
}

static uint64_t take_integer(lua_State *L, Input *in, int bytes) {
    const uint8_t *from = take(L, in, (size_t)bytes);
    uint64_t value = 0;
    while (bytes--) value = value << 8 | *from++;
    return value;
}

static void get_string(lua_State *L, Input *in, size_t n) {
    lua_pushlstring(L, (const char *)take(L, in, n), n);
}

static void get_float(lua_State *L, Input *in, int bytes) {
    uint64_t bits = take_integer(L, in, bytes);
    if (bytes == 4) {
        uint32_t narrow = (uint32_t)bits;
        float value;
        memcpy(&value, &narrow, sizeof value);
        lua_pushnumber(L, (lua_Number)value);
    } else {
        double value;
        memcpy(&value, &bits, sizeof value);
        lua_pushnumber(L, value);
    }
}

static void get_value(lua_State *L, Input *in, int depth);

static void get_table(lua_State *L, Input *in, size_t n, int is_map, int depth) {
    if (depth >= MAX_DEPTH)
        luaL_error(L, "malformed message: nested deeper than %d levels", MAX_DEPTH);
    luaL_checkstack(L, 4, "unpacking a table");
    /* Each element takes at least one byte, so a wrong count cannot reserve much memory. */
    if (n > (size_t)(in->end - in->at)) luaL_error(L, "malformed message: it ends too early");
    lua_createtable(L, is_map ? 0 : (int)n, is_map ? (int)n : 0);
    for (size_t i = 1; i <= n; i++) {
        if (is_map) {
            get_value(L, in, depth + 1);
            if (lua_isnil(L, -1) || (lua_type(L, -1) == LUA_TNUMBER && isnan(lua_tonumber(L, -1))))
                luaL_error(L, "malformed message: a map key is nil or NaN");
            get_value(L, in, depth + 1);
            lua_rawset(L, -3);
        } else {
            get_value(L, in, depth + 1);
            lua_rawseti(L, -2, (int)i);
        }
    }
}

static void get_value(lua_State *L, Input *in, int depth) {
    int tag = *take(L, in, 1);
    if (tag < 0x80) lua_pushinteger(L, tag);
    else if (tag < 0x90) get_table(L, in, (size_t)tag & 15, 1, depth);
    else if (tag < 0xA0) get_table(L, in, (size_t)tag & 15, 0, depth);
    else if (tag < 0xC0) get_string(L, in, (size_t)tag & 31);
    else if (tag >= 0xE0) lua_pushinteger(L, tag - 256);
    else switch (tag) {
    case 0xC0: lua_pushnil(L); break;
    case 0xC2: lua_pushboolean(L, 0); break;
    case 0xC3: lua_pushboolean(L, 1); break;
    case 0xC4: case 0xC5: case 0xC6: /* bin */
        get_string(L, in, (size_t)take_integer(L, in, 1 << (tag - 0xC4)));
        break;
    case 0xCA: get_float(L, in, 4); break;
    case 0xCB: get_float(L, in, 8); break;
    case 0xCC: case 0xCD: case 0xCE: case 0xCF:
        lua_pushnumber(L, (lua_Number)take_integer(L, in, 1 << (tag - 0xCC)));
        break;
    case 0xD0: lua_pushnumber(L, (int8_t)take_integer(L, in, 1)); break;
    case 0xD1: lua_pushnumber(L, (int16_t)take_integer(L, in, 2)); break;
    case 0xD2: lua_pushnumber(L, (int32_t)take_integer(L, in, 4)); break;
    case 0xD3: lua_pushnumber(L, (lua_Number)(int64_t)take_integer(L, in, 8)); break;
    case 0xD9: case 0xDA: case 0xDB: /* str */
        get_string(L, in, (size_t)take_integer(L, in, 1 << (tag - 0xD9)));
        break;
    case 0xDC: case 0xDD: /* array */
        get_table(L, in, (size_t)take_integer(L, in, 2 << (tag - 0xDC)), 0, depth);
        break;
    case 0xDE: case 0xDF: /* map */
        get_table(L, in, (size_t)take_integer(L, in, 2 << (tag - 0xDE)), 1, depth);
        break;
    default: luaL_error(L, "malformed message: type byte 0x%x is not supported", tag);
    }
}

int native_unpack(lua_State *L) {
    size_t size;
    const char *s = luaL_checklstring(L, 1, &size);
    Input in = {(const uint8_t *)s, (const uint8_t *)s + size};
    int tag = *take(L, &in, 1);
    size_t n = 0;
    if (tag >= 0x90 && tag < 0xA0) n = (size_t)tag & 15;
    else if (tag == 0xDC) n = (size_t)take_integer(L, &in, 2);
    else if (tag == 0xDD) n = (size_t)take_integer(L, &in, 4);
    else luaL_error(L, "malformed message: it is not an array");
    if (n > (size_t)(in.end - in.at)) luaL_error(L, "malformed message: it ends too early");
    if (n > 4096) luaL_error(L, "malformed message: %d elements, 4096 are allowed", (int)n);
    luaL_checkstack(L, (int)n + 4, "unpacking a message");
    for (size_t i = 0; i < n; i++) get_value(L, &in, 0);
    if (in.at != in.end) luaL_error(L, "malformed message: bytes follow its end");
    return (int)n;
}

/* ---- plain steps, the most frequent requests ---------------------------- */

/* plain_step(request) -> frames, mask; nothing if it is not a plain step (step_message.h). */
int native_plain_step(lua_State *L) {
    size_t size;
    const uint8_t *message = (const uint8_t *)luaL_checklstring(L, 1, &size);
    int64_t frames, mask;
    if (!step_read_request(message, size, &frames, &mask)) return 0;
    lua_pushnumber(L, (lua_Number)frames);
    lua_pushnumber(L, (lua_Number)mask);
    return 2;
}
