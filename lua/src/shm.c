/* The emulator's side of a mailbox in shared memory, with the methods of a socket:
 *
 *   socket = native.open{connect = "shm://PATH"}
 *   request = socket:recv(timeout_ms)                nil after the time-out
 *   socket:send(reply)
 *   socket:send_step(frames, lag_frames, ram)
 *   socket:close()
 */
#define _GNU_SOURCE
#include "mailbox.h"
#include "native.h"
#include "step_message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define METATABLE "copain.mailbox"

typedef struct {
    int file;
    char *path; /* for messages */
    Mailbox *box;
    size_t size;      /* mapped bytes */
    uint32_t handled; /* number of requests read */
    int owes_reply;
} Shm;

static void release(Shm *s) {
    if (s->box) munmap(s->box, s->size);
    if (s->file >= 0) close(s->file);
    free(s->path);
    s->box = NULL;
    s->path = NULL;
    s->file = -1;
}

static Shm *check_open(lua_State *L) {
    Shm *s = luaL_checkudata(L, 1, METATABLE);
    if (!s->box) luaL_error(L, "the socket is closed");
    return s;
}

/* Maps the whole file as it is now. */
static int map(Shm *s) {
    struct stat status;
    if (fstat(s->file, &status)) return -1;
    size_t size = (size_t)status.st_size;
    if (size < sizeof(Mailbox)) {
        errno = EPROTO;
        return -1;
    }
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, s->file, 0);
    if (at == MAP_FAILED) return -1;
    if (s->box) munmap(s->box, s->size);
    s->box = at;
    s->size = size;
    return 0;
}

int native_open_shm(lua_State *L, const char *path) {
    Shm *s = lua_newuserdata(L, sizeof *s);
    memset(s, 0, sizeof *s);
    s->file = -1;
    luaL_getmetatable(L, METATABLE);
    lua_setmetatable(L, -2);
    s->path = strdup(path);
    s->file = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (!s->path || s->file < 0 || map(s)) {
        int error = errno;
        release(s);
        return luaL_error(L, "cannot connect to shm://%s: %s", path, strerror(error));
    }
    if (s->box->magic != MAILBOX_MAGIC || s->box->version != MAILBOX_VERSION) {
        release(s);
        return luaL_error(L, "shm://%s is not a mailbox of version %d", path, MAILBOX_VERSION);
    }
    s->handled = atomic_load(&s->box->requests);
    if (atomic_exchange(&s->box->attached, 1)) {
        release(s);
        return luaL_error(L, "another emulator is attached to shm://%s", path);
    }
    mailbox_wake(&s->box->attached, &s->box->client_waits);
    return 1;
}

static int shm_recv(lua_State *L) {
    Shm *s = check_open(L);
    lua_Integer timeout = luaL_optinteger(L, 2, -1);
    if (s->owes_reply) return luaL_error(L, "receive: the last request was not answered");
    Mailbox *box = s->box;
    uint32_t spins = atomic_load_explicit(&box->emulator_spins, memory_order_relaxed);
    int ready;
    do
        ready = mailbox_wait(&box->requests, &box->emulator_waits, s->handled,
                             timeout < 0 ? 1000 : (uint32_t)timeout, spins);
    while (timeout < 0 && ready != MAILBOX_READY);
    if (ready != MAILBOX_READY) {
        lua_pushnil(L);
        return 1;
    }
    uint32_t length = box->length;
    if (length > s->size - sizeof(Mailbox) && map(s))
        return luaL_error(L, "receive: %s", strerror(errno));
    if (length > s->size - sizeof(Mailbox))
        return luaL_error(L, "receive: the message is longer than the mailbox");
    s->handled++;
    s->owes_reply = 1;
    lua_pushlstring(L, (const char *)s->box->data, length);
    return 1;
}

/* Makes room for a message of n bytes. The space is reserved first: writing to a page that the file
 * system cannot provide would kill the process with SIGBUS. */
static int make_room(Shm *s, size_t n) {
    size_t size = s->size;
    while (size - sizeof(Mailbox) < n) size *= 2;
    if (size == s->size) return 0;
    int error = posix_fallocate(s->file, 0, (off_t)size);
    if (error) {
        errno = error;
        return -1;
    }
    return map(s);
}

static int no_room(lua_State *L, Shm *s, size_t size) {
    return luaL_error(L, "the mailbox %s of %d bytes cannot grow for a message of %d bytes: %s", s->path,
                      (int)s->size, (int)size, strerror(errno));
}

static void post(Shm *s, size_t size) {
    s->box->length = (uint32_t)size;
    s->owes_reply = 0;
    atomic_fetch_add(&s->box->replies, 1);
    mailbox_wake(&s->box->replies, &s->box->client_waits);
}

static int shm_send(lua_State *L) {
    Shm *s = check_open(L);
    size_t size;
    const char *data = luaL_checklstring(L, 2, &size);
    if (!s->owes_reply) return luaL_error(L, "send: there is no request to answer");
    if (size > MAILBOX_MAX_MESSAGE)
        return luaL_error(L, "send: a message of %f bytes; %d are allowed", (double)size,
                          MAILBOX_MAX_MESSAGE);
    if (make_room(s, size)) return no_room(L, s, size);
    memcpy(s->box->data, data, size);
    post(s, size);
    return 0;
}

/* send_step(frames, lag frames, ram): sends the reply to a plain step (step_message.h). `ram` is the
 * address of the RAM, which is copied without making a Lua string. */
static int shm_send_step(lua_State *L) {
    Shm *s = check_open(L);
    uint32_t frames = (uint32_t)luaL_checknumber(L, 2), lag_frames = (uint32_t)luaL_checknumber(L, 3);
    luaL_checktype(L, 4, LUA_TLIGHTUSERDATA);
    if (!s->owes_reply) return luaL_error(L, "send: there is no request to answer");
    if (make_room(s, STEP_REPLY_MAX)) return no_room(L, s, STEP_REPLY_MAX);
    post(s, step_write_reply(s->box->data, frames, lag_frames, lua_touserdata(L, 4)));
    return 0;
}

static int shm_close(lua_State *L) {
    release(luaL_checkudata(L, 1, METATABLE));
    return 0;
}

static const luaL_Reg methods[] = {
    {"recv", shm_recv},
    {"send", shm_send},
    {"send_step", shm_send_step},
    {"close", shm_close},
    {NULL, NULL},
};

void native_register_shm(lua_State *L) {
    luaL_newmetatable(L, METATABLE);
    lua_newtable(L);
    luaL_register(L, NULL, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, shm_close);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
}
