/* Records the sound of the emulator with FCEUX's own recorder, that of its menu `Movie > WAV Record`.
 * The headless engine exports the recorder's functions; stock FCEUX does not. */
#define _GNU_SOURCE
#include "native.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Names as C++ has them: FCEUI_BeginWaveRecord(const char *), FCEUI_EndWaveRecord(). */
#define BEGIN "_Z21FCEUI_BeginWaveRecordPKc"
#define END "_Z19FCEUI_EndWaveRecordv"

/* FCEUI_SetTriangleVolume(uint32) and so on. Stock FCEUX sets them to 255 of 256 if the user has not
 * chosen otherwise; FCEUX's core itself begins with 256, which sounds different. */
static const char *const VOLUMES[] = {"_Z23FCEUI_SetTriangleVolumej", "_Z22FCEUI_SetSquare1Volumej",
                                      "_Z22FCEUI_SetSquare2Volumej", "_Z20FCEUI_SetNoiseVolumej",
                                      "_Z18FCEUI_SetPCMVolumej"};
#define STOCK_VOLUME 255u

/* ISO C has no cast from an object, as dlsym returns, to a function. */
#define FIND(function, name)                                                                       \
    do {                                                                                           \
        void *found = dlsym(RTLD_DEFAULT, name);                                                   \
        memcpy(&(function), &found, sizeof found);                                                 \
    } while (0)

/* record_sound(path) -> boolean: whether this emulator can. Frames from now on go into the file. */
int native_record_sound(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    bool (*begin)(const char *);
    int (*end)(void);
    FIND(begin, BEGIN);
    FIND(end, END);
    lua_pushboolean(L, begin && end);
    if (!begin || !end) return 1;
    for (size_t k = 0; k < sizeof VOLUMES / sizeof *VOLUMES; k++) {
        void (*set_volume)(unsigned);
        FIND(set_volume, VOLUMES[k]);
        if (set_volume) set_volume(STOCK_VOLUME);
    }
    if (!begin(path)) return luaL_error(L, "cannot write %s: %s", path, strerror(errno));
    return 1;
}

/* end_sound(): completes the file. */
int native_end_sound(lua_State *L) {
    (void)L;
    int (*end)(void);
    FIND(end, END);
    if (end) end();
    return 0;
}
