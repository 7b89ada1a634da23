// The Lua side of the driver: the table `copain`, emu.loadrom, and errors for functions that need a window.
// SPDX-License-Identifier: GPL-2.0-or-later
#include "headless.h"
#include "snapshots.h"

#include "types.h"
#include "fceu.h"
#include "fastmem.h"
#include "fceulua.h"
#include "movie.h"
#include "video.h"

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

extern "C" {
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
}

extern uint8 *XBackBuf;
extern int luaRunning;
void FCEU_LuaHold(int frames);

namespace headless {

long long framesToDraw = -1;

// ---- the table `copain`

static int copain_screen(lua_State *L) {
	lua_pushlstring(L, (const char *)XBackBuf, 256 * 240);
	return 1;
}

static int copain_palette(lua_State *L) {
	lua_pushlstring(L, (const char *)palette(), 768);
	return 1;
}

// copain.picture(): the addresses of what screen() and palette() copy, light userdata for C modules.
static int copain_picture(lua_State *L) {
	lua_pushlightuserdata(L, XBackBuf);
	lua_pushlightuserdata(L, (void *)palette());
	return 2;
}

static int copain_savestate(lua_State *L) {
	int level = luaL_optint(L, 1, 0);
	luaL_argcheck(L, level >= 0 && level <= 9, 1, "compression level must be from 0 to 9");
	std::string *state = new std::string(saveState(level));
	bool saved = !state->empty();
	lua_pushlstring(L, state->data(), state->size());
	delete state;
	return saved ? 1 : luaL_error(L, "copain.savestate: FCEUX could not save the state");
}

static int copain_loadstate(lua_State *L) {
	size_t size;
	const char *data = luaL_checklstring(L, 1, &size);
	char message[128];
	{
		std::string wrong = loadState(data, size);
		if (wrong.empty())
			return 0;
		snprintf(message, sizeof message, "%s", wrong.c_str());
	}
	return luaL_error(L, "copain.loadstate: not a savestate of FCEUX: %s", message);
}

// copain.draw(true): draw every coming frame; (false): none; (n): the next n frames, then none.
static int copain_draw(lua_State *L) {
	if (lua_isboolean(L, 1)) {
		framesToDraw = lua_toboolean(L, 1) ? -1 : 0;
		return 0;
	}
	lua_Number n = luaL_checknumber(L, 1);
	luaL_argcheck(L, n >= 0 && n == (lua_Number)(long long)n, 1, "true, false or a number of frames expected");
	framesToDraw = (long long)n;
	return 0;
}

// copain.hold(n): the next emu.frameadvance() runs n more frames before it returns, with the joypads as
// they are set now. Callbacks are still called. hold(0) in a callback: it returns after this frame.
static int copain_hold(lua_State *L) {
	lua_Number n = luaL_checknumber(L, 1);
	luaL_argcheck(L, n >= 0 && n <= INT_MAX && n == (int)n, 1, "a number of frames expected");
	stopPlaying();
	FCEU_LuaHold((int)n);
	return 0;
}

// copain.play(n, mask...): the next emu.frameadvance() runs n frames and draws none of them. Pads 1, 2, ... hold
// the buttons of these masks; pads 1 and 2 hold nothing if they have no mask. Does joypad.set, draw and hold in one.
static int copain_play(lua_State *L) {
	lua_Number n = luaL_checknumber(L, 1);
	luaL_argcheck(L, n >= 1 && n <= INT_MAX && n == (int)n, 1, "a number of frames from 1 expected");
	int pads = lua_gettop(L) - 1;
	luaL_argcheck(L, pads <= 4, 6, "there are 4 pads");
	uint8_t masks[4] = {};
	for (int i = 0; i < pads; i++) {
		lua_Number mask = luaL_checknumber(L, 2 + i);
		luaL_argcheck(L, mask >= 0 && mask <= 255 && mask == (int)mask, 2 + i, "a mask from 0 to 255 expected");
		masks[i] = (uint8_t)mask;
	}
	setPads(masks, pads);
	stopPlaying();
	framesToDraw = 0;
	FCEU_LuaHold((int)n - 1);
	return 0;
}

// copain.ram(): the address of the 2 KiB of RAM, a light userdata for C modules; nil while a cheat or a board
// handles the CPU's access to the RAM.
static int copain_ram(lua_State *L) {
	if (GameInfo && fastmemRamIsPlain())
		lua_pushlightuserdata(L, RAM);
	else
		lua_pushnil(L);
	return 1;
}

static int copain_statehash(lua_State *L) {
	char text[17];
	snprintf(text, sizeof text, "%016llx", (unsigned long long)machineHash());
	lua_pushstring(L, text);
	return 1;
}

// Errors of Lua jump over destructors, so the message goes to a static text first.
static int fail(lua_State *L, const char *function, std::string &message) {
	static char text[200];
	snprintf(text, sizeof text, "%s: %s", function, message.c_str());
	std::string().swap(message);
	return luaL_error(L, "%s", text);
}

static uint64_t checkHandle(lua_State *L) {
	lua_Number handle = luaL_checknumber(L, 1);
	bool known = handle >= FIRST_SNAPSHOT && handle < 9e15 && hasSnapshot((uint64_t)handle);
	luaL_argcheck(L, known, 1, "a handle of copain.save expected");
	return (uint64_t)handle;
}

// copain.save(): keeps a copy of the machine's state in the engine, and returns its handle, a number.
// copain.save(handle): overwrites a copy.
static int copain_save(lua_State *L) {
	uint64_t handle = lua_isnoneornil(L, 1) ? 0 : checkHandle(L);
	std::string wrong;
	if (handle)
		replaceSnapshot(handle, wrong);
	else
		handle = saveSnapshot(wrong);
	if (!wrong.empty())
		return fail(L, "copain.save", wrong);
	lua_pushnumber(L, (lua_Number)handle);
	return 1;
}

static int copain_load(lua_State *L) {
	uint64_t handle = checkHandle(L);
	std::string wrong = loadSnapshot(handle);
	return wrong.empty() ? 0 : fail(L, "copain.load", wrong);
}

// copain.has(value): whether it is a handle of copain.save whose copy was not freed.
static int copain_has(lua_State *L) {
	lua_Number handle = lua_tonumber(L, 1);
	lua_pushboolean(L, handle >= FIRST_SNAPSHOT && handle < 9e15 && hasSnapshot((uint64_t)handle));
	return 1;
}

static int copain_free(lua_State *L) {
	freeSnapshot(checkHandle(L));
	return 0;
}

// copain.export(handle): the copy as a string in FCEUX's format.
static int copain_export(lua_State *L) {
	uint64_t handle = checkHandle(L);
	std::string *bytes = new std::string(snapshotBytes(handle));
	lua_pushlstring(L, bytes->data(), bytes->size());
	delete bytes;
	return 1;
}

// copain.import(state): keeps a savestate in FCEUX's format, and returns its handle.
static int copain_import(lua_State *L) {
	size_t size;
	const char *data = luaL_checklstring(L, 1, &size);
	uint64_t handle = 0;
	std::string wrong = checkState(data, size);
	if (wrong.empty())
		handle = importSnapshot(data, size, wrong);
	else
		wrong = "not a savestate of FCEUX: " + wrong;
	if (!handle)
		return fail(L, "copain.import", wrong);
	lua_pushnumber(L, (lua_Number)handle);
	return 1;
}

static const luaL_Reg COPAIN[] = {
	{"screen", copain_screen}, {"palette", copain_palette}, {"savestate", copain_savestate},
	{"loadstate", copain_loadstate}, {"draw", copain_draw}, {"hold", copain_hold},
	{"picture", copain_picture}, {"statehash", copain_statehash}, {"play", copain_play}, {"ram", copain_ram},
	{"save", copain_save}, {"load", copain_load}, {"has", copain_has}, {"free", copain_free},
	{"export", copain_export}, {"import", copain_import}, {nullptr, nullptr}};

// ---- stock functions that differ in a program without a window

static int needsWindow(lua_State *L) {
	return luaL_error(L, "%s needs FCEUX's window; fceux-headless has none", lua_tostring(L, lua_upvalueindex(1)));
}

static const char *const WINDOW_FUNCTIONS[][2] = {
	{"gui", "popup"}, {"input", "popup"}, {"input", "openfilepopup"}, {"input", "savefilepopup"},
	{"taseditor", "registerauto"}, {"taseditor", "registermanual"}, {"taseditor", "markedframe"},
	{"taseditor", "getmarker"}, {"taseditor", "setmarker"}, {"taseditor", "removemarker"},
	{"taseditor", "getnote"}, {"taseditor", "setnote"}, {"taseditor", "getcurrentbranch"},
	{"taseditor", "getrecordermode"}, {"taseditor", "getsuperimpose"}, {"taseditor", "getlostplayback"},
	{"taseditor", "getplaybacktarget"}, {"taseditor", "setplayback"}, {"taseditor", "stopseeking"},
	{"taseditor", "getselection"}, {"taseditor", "setselection"}, {"taseditor", "getinput"},
	{"taseditor", "submitinputchange"}, {"taseditor", "submitinsertframes"},
	{"taseditor", "submitdeleteframes"}, {"taseditor", "applyinputchanges"},
	{"taseditor", "clearinputchanges"}};

static int emu_loadrom(lua_State *L) {
	const char *path = luaL_checkstring(L, 1);
	if (access(path, R_OK) != 0)
		return luaL_error(L, "emu.loadrom: cannot read '%s'", path);
	if (!loadRom(path))
		return luaL_error(L, "emu.loadrom: FCEUX does not accept '%s'", path);
	lua_pushstring(L, GameInfo->filename);
	return 1;
}

static void registerFunctions(lua_State *L) {
	luaL_register(L, "copain", COPAIN);
	lua_pushstring(L, COPAIN_ENGINE_VERSION);
	lua_setfield(L, -2, "version");
	for (const char *const *function : WINDOW_FUNCTIONS) {
		lua_getglobal(L, function[0]);
		lua_pushfstring(L, "%s.%s", function[0], function[1]);
		lua_pushcclosure(L, needsWindow, 1);
		lua_setfield(L, -2, function[1]);
		lua_pop(L, 1);
	}
	for (const char *table : {"emu", "FCEU"}) {
		lua_getglobal(L, table);
		lua_pushcfunction(L, emu_loadrom);
		lua_setfield(L, -2, "loadrom");
		lua_pop(L, 1);
	}
	lua_settop(L, 0);
}

// ---- the state of the script

static bool stopping;
// Keys of Lua's registry where FCEUX stores the script's thread and its callbacks.
static const char *const THREAD = "FCEU.FrameAdvance";
static const char *const CALLBACKS[] = {"CALL_BEFOREEMULATION", "CALL_AFTEREMULATION", "FCEU.GUI"};
static const char *const HOOKS[] = {"MEMHOOK_WRITE", "MEMHOOK_EXEC"};

static bool hasCallbacks(lua_State *L) {
	bool found = false;
	for (const char *name : CALLBACKS) {
		lua_getfield(L, LUA_REGISTRYINDEX, name);
		found = found || lua_isfunction(L, -1);
		lua_pop(L, 1);
	}
	for (const char *name : HOOKS) {
		lua_getfield(L, LUA_REGISTRYINDEX, name);
		lua_pushnil(L);
		while (lua_istable(L, -2) && lua_next(L, -2)) {
			found = found || lua_isfunction(L, -1);
			lua_pop(L, 1);
		}
		lua_settop(L, 0);
	}
	return found;
}

ScriptState scriptState() {
	lua_State *L = FCEU_GetLuaState();
	if (!L)
		return ScriptState::None;
	if (luaRunning)
		return ScriptState::Running;
	lua_getfield(L, LUA_REGISTRYINDEX, THREAD);
	lua_State *thread = lua_tothread(L, -1);
	int status = thread ? lua_status(thread) : 0;
	lua_settop(L, 0);
	if (status != 0 && status != LUA_YIELD)
		return ScriptState::Failed;
	return hasCallbacks(L) ? ScriptState::Waiting : ScriptState::Finished;
}

void stopScript() {
	stopping = true;
	FCEU_LuaStop();
}

}  // namespace headless

// FCEUX calls this when a script's Lua state is complete, before its first line runs.
void WinLuaOnStart(intptr_t) { headless::registerFunctions(FCEU_GetLuaState()); }

// FCEUX calls this before it closes a Lua state: at the end, or after an error in a callback, which
// it has printed. After such an error it would use the closed state, so the program ends here.
void WinLuaOnStop(intptr_t) {
	if (headless::stopping)
		return;
	FCEUI_StopMovie();
	fflush(nullptr);
	_exit(headless::EXIT_LUA);
}
