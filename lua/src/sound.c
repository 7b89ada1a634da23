/* Records the sound of the emulator with FCEUX's own recorder, that of its menu `Movie > WAV Record`.
 * The headless engine exports the recorder's functions; stock FCEUX does not. */
#define _GNU_SOURCE
#include "native.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* The names are C++'s for FCEUI_BeginWaveRecord(const char *) and FCEUI_EndWaveRecord(). */
static void *begin_recorder(void) { return dlsym(RTLD_DEFAULT, "_Z21FCEUI_BeginWaveRecordPKc"); }
static void *end_recorder(void) { return dlsym(RTLD_DEFAULT, "_Z19FCEUI_EndWaveRecordv"); }

/* record_sound(path) -> boolean: whether this emulator can. Frames from now on go into the file. */
int native_record_sound(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    void *begin = begin_recorder();
    lua_pushboolean(L, begin && end_recorder());
    if (!lua_toboolean(L, -1)) return 1;
    bool (*call)(const char *);
    memcpy(&call, &begin, sizeof call); /* ISO C has no cast from an object to a function */
    if (!call(path)) return luaL_error(L, "cannot write %s: %s", path, strerror(errno));
    return 1;
}

/* end_sound(): completes the file. */
int native_end_sound(lua_State *L) {
    (void)L;
    void *end = end_recorder();
    int (*call)(void);
    memcpy(&call, &end, sizeof call);
    if (end) call();
    return 0;
}
