// fceux-headless: what the parts of the driver share.
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace headless {

// Exit codes of the program.
enum ExitCode {
	EXIT_OK = 0,
	EXIT_FAILED = 1,  // anything else that went wrong
	EXIT_USAGE = 2,   // wrong command line
	EXIT_ROM = 3,     // the ROM (or a BIOS it needs) cannot be loaded
	EXIT_LUA = 4,     // the script cannot be loaded, or died from an error
	EXIT_MOVIE = 5,   // the movie cannot be played
};

struct Options {
	std::string rom, lua, movie, palette;
	int region = -1;            // 0 NTSC, 1 PAL, 2 Dendy; -1: as the ROM or its name says
	bool newPpu = false;
	int soundRate = 0;          // samples per second; 0: no samples are made
	int ramInit = 0;            // RAM at power-on, as FCEUX numbers it: 0 pattern, 1 $FF, 2 $00, 3 random
	bool gameGenie = false;
	bool fourScore = false;
	std::string input[2] = {"gamepad", "gamepad"}, expansion = "none";
	long long frames = 0;       // stop after this many frames; 0: no limit
	long long skewFrame = 0;    // lose one CPU cycle in this frame; 0: in none
	bool stockStates = false;   // savestates have only the fields of stock FCEUX
	bool draw = true;
	bool verbose = false;
};

extern Options options;

// options.cpp: fills `options`, or prints help, version or a usage error and ends the program.
void parseOptions(int argc, char **argv);

// game.cpp
// What stock FCEUX calls the setting SDL.PAL: the region of its user, or of the last game.
extern int regionSetting;
bool loadRom(const std::string &path);
std::string absolutePath(const std::string &path);

// input.cpp
bool isPortDevice(const std::string &name);
bool isExpansionDevice(const std::string &name);
const char *portDeviceNames();
const char *expansionDeviceNames();
void connectInputs();

// palette.cpp
// Red, green and blue of each of the 256 indices.
const uint8_t *palette();
bool loadPaletteFile(const std::string &path);

// lua_api.cpp
enum class ScriptState { None, Running, Finished, Waiting, Failed };
ScriptState scriptState();
void stopScript();

// Number of coming frames to draw; < 0: all of them.
extern long long framesToDraw;

// engine.cpp
// The buttons of the coming frame: pads 1, 2, ... hold these masks; pads 1 and 2 hold nothing if they have none.
void setPads(const uint8_t *masks, int pads);
// Called after each frame.
void frameDone();
// Whether the coming frame is one that a batch draws.
bool drawsThisFrame();
// Lua decides about the coming frames again.
void stopPlaying();

// savestates.cpp
std::string saveState(int compressionLevel);
// Returns what is wrong with the state, or an empty string if it was loaded.
std::string loadState(const char *data, size_t size);
// Returns what is wrong with a state, or an empty string if it is complete.
std::string checkState(const char *data, size_t size);
// From now on, savestates have only the fields of stock FCEUX.
void leaveOutOwnFields();

extern bool quitRequested;

}  // namespace headless
