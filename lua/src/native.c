/* Entry point of the Lua C module `copain_native`, and its small helpers. */
#define _GNU_SOURCE
#include "native.h"

#include "export.h"
#include "protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
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

/* The descriptor of the file in memory: a high one, which no other file gets while it is closed. */
static int memory_descriptor(void) {
    static int descriptor;
    if (!descriptor) {
        struct rlimit limit;
        getrlimit(RLIMIT_NOFILE, &limit);
        descriptor = limit.rlim_cur > 1008 ? 1007 : (int)limit.rlim_cur - 1;
        while (descriptor > 2 && fcntl(descriptor, F_GETFD) >= 0) descriptor--;
    }
    return descriptor;
}

/* memory_path() -> path of the file in memory, which a full disk cannot truncate. There is such a
 * file only from open_memory() to close_memory(). */
static int memory_path(lua_State *L) {
    lua_pushfstring(L, "/proc/self/fd/%d", memory_descriptor());
    return 1;
}

/* open_memory(): make an empty file at memory_path(). */
static int open_memory(lua_State *L) {
    int wanted = memory_descriptor();
    if (fcntl(wanted, F_GETFD) >= 0) return luaL_error(L, "descriptor %d is in use", wanted);
    int file = memfd_create("copain-savestate", MFD_CLOEXEC);
    if (file < 0 || (file != wanted && dup3(file, wanted, O_CLOEXEC) < 0)) {
        int error = errno;
        if (file >= 0) close(file);
        return luaL_error(L, "no file in memory can be made: %s", strerror(error));
    }
    if (file != wanted) close(file);
    return 0;
}

/* close_memory(): the file and its content are gone. */
static int close_memory(lua_State *L) {
    (void)L;
    close(memory_descriptor());
    return 0;
}

/* take_environment(name) -> string or nil. The variable is gone then, from /proc/self/environ, too. */
static int take_environment(lua_State *L) {
    const char *name = luaL_checkstring(L, 1);
    char *value = getenv(name);
    lua_pushstring(L, value); /* nil where there is none */
    if (value) explicit_bzero(value, strlen(value));
    unsetenv(name);
    return 1;
}

static const luaL_Reg functions[] = {
    {"pack", native_pack},
    {"unpack", native_unpack},
    {"plain_step", native_plain_step},
    {"batch", native_batch},
    {"open", native_open},
    {"shrink", native_shrink},
    {"process_exists", process_exists},
    {"parent_pid", parent_pid},
    {"pid", pid},
    {"exit", exit_now},
    {"clock", monotonic_clock},
    {"sleep", sleep_seconds},
    {"chdir", change_directory},
    {"memory_path", memory_path},
    {"open_memory", open_memory},
    {"close_memory", close_memory},
    {"take_environment", take_environment},
    {"watch", native_watch},
    {"remove_after_end", native_remove_after_end},
    {"record_sound", native_record_sound},
    {"end_sound", native_end_sound},
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
    native_register_batch(L);
    lua_newtable(L);
    luaL_register(L, NULL, functions);
    push_protocol(L);
    lua_setfield(L, -2, "protocol");
    return 1;
}
