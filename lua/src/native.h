/* The Lua C module `copain_native`: what the bridge needs and Lua lacks. */
#ifndef COPAIN_NATIVE_H
#define COPAIN_NATIVE_H

#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>

/* msgpack.c */
int native_pack(lua_State *L);
int native_unpack(lua_State *L);
int native_plain_step(lua_State *L);

/* batch.c */
int native_batch(lua_State *L);
void native_register_batch(lua_State *L);

/* socket.c */
int native_open(lua_State *L);
void native_register_socket(lua_State *L);

/* shm.c */
int native_open_shm(lua_State *L, const char *path);
void native_register_shm(lua_State *L);

/* picture.c */
int native_shrink(lua_State *L);
/* Scales 256x240 palette indices down to height * width bytes of grey. Returns 0 if there is no memory. */
int picture_shrink(const uint8_t *indices, const uint8_t *palette, int height, int width, uint8_t *out);

/* orphan.c */
int native_watch(lua_State *L);
int native_remove_after_end(lua_State *L);

/* sound.c */
int native_record_sound(lua_State *L);
int native_end_sound(lua_State *L);

#endif
