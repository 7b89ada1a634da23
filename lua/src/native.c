/* Entry point of the Lua C module `copain_native`, and its small helpers. */
#define _GNU_SOURCE
#include "native.h"

#include "export.h"
#include "protocol.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* process_exists(pid) -> boolean. A process of another user counts as existing. */
static int process_exists(lua_State *L) {
    pid_t pid = (pid_t)luaL_checkinteger(L, 1);
    luaL_argcheck(L, pid > 0, 1, "a process id is positive");
    lua_pushboolean(L, kill(pid, 0) == 0 || errno == EPERM);
    return 1;
}

/* parent_pid() -> integer. It changes when the parent dies. */
static int parent_pid(lua_State *L) {
    lua_pushinteger(L, getppid());
    return 1;
}

static int pid(lua_State *L) {
    lua_pushinteger(L, getpid());
    return 1;
}

/* exit(code): ends the process at once. The emulator's own exit could wait for a hanging GUI. */
static int exit_now(lua_State *L) {
    _exit((int)luaL_checkinteger(L, 1));
    return 0;
}

/* clock() -> seconds since an arbitrary point, monotonic. */
static int monotonic_clock(lua_State *L) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    lua_pushnumber(L, (lua_Number)now.tv_sec + (lua_Number)now.tv_nsec * 1e-9);
    return 1;
}

/* chdir(path). FCEUX changes to the script's folder, but the user's paths do not start there. */
static int change_directory(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    if (chdir(path)) return luaL_error(L, "cannot go to %s: %s", path, strerror(errno));
    return 0;
}

/* sleep(seconds) */
static int sleep_seconds(lua_State *L) {
    lua_Number seconds = luaL_checknumber(L, 1);
    luaL_argcheck(L, seconds >= 0 && seconds <= 60, 1, "allowed are 0 to 60 seconds");
    struct timespec time = {(time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9)};
    nanosleep(&time, NULL);
    return 0;
}

/* memory_file(name) -> path of a new file in memory, which a full disk cannot truncate. It exists
 * as long as this process. */
static int memory_file(lua_State *L) {
    const char *name = luaL_checkstring(L, 1);
    int file = memfd_create(name, MFD_CLOEXEC);
    if (file < 0) return luaL_error(L, "no file in memory can be made: %s", strerror(errno));
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    lua_pushstring(L, path);
    return 1;
}

static const luaL_Reg functions[] = {
    {"pack", native_pack},
    {"unpack", native_unpack},
    {"plain_step", native_plain_step},
    {"open", native_open},
    {"shrink", native_shrink},
    {"process_exists", process_exists},
    {"parent_pid", parent_pid},
    {"pid", pid},
    {"exit", exit_now},
    {"clock", monotonic_clock},
    {"sleep", sleep_seconds},
    {"chdir", change_directory},
    {"memory_file", memory_file},
    {"watch", native_watch},
    {"remove_after_end", native_remove_after_end},
    {NULL, NULL},
};

/* Pushes the table `protocol`: the numbers of protocol.h by name. */
static void push_protocol(lua_State *L) {
    lua_newtable(L);
#define SET_FIELD(name, value)                                                                     \
    lua_pushinteger(L, value);                                                                     \
    lua_setfield(L, -2, #name);
    PROTOCOL_NUMBERS(SET_FIELD)
#undef SET_FIELD
    lua_pushliteral(L, FCEUX_STATE_MAGIC);
    lua_setfield(L, -2, "FCEUX_STATE_MAGIC");
}

EXPORT int luaopen_copain_native(lua_State *L);

EXPORT int luaopen_copain_native(lua_State *L) {
    signal(SIGXFSZ, SIG_IGN); /* a write beyond the file size limit fails, but does not kill */
    native_register_socket(L);
    native_register_shm(L);
    lua_newtable(L);
    luaL_register(L, NULL, functions);
    push_protocol(L);
    lua_setfield(L, -2, "protocol");
    return 1;
}
