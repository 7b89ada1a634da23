// Loads a ROM in the same order of steps as stock FCEUX: the state at power-on depends on it.
// SPDX-License-Identifier: GPL-2.0-or-later
#include "headless.h"

#include "types.h"
#include "driver.h"
#include "fceu.h"
#include "palette.h"
#include "ppu.h"

#include <climits>
#include <cstdlib>

extern int RAMInitOption, newppu;

namespace headless {

int regionSetting = 0;
static std::string loadedRom;

std::string absolutePath(const std::string &path) {
	char resolved[PATH_MAX];
	return realpath(path.c_str(), resolved) ? resolved : path;
}

static void configureCore() {
	FCEUI_SetNTSCTH(false, 56, 72);
	if (!options.palette.empty())
		loadPaletteFile(options.palette);
	newppu = options.newPpu;
	regionSetting = options.region < 0 ? 0 : options.region;
	FCEUI_SetRegion(regionSetting, false);
	FCEUI_SetLowPass(0);
	FCEUI_DisableSpriteLimitation(0);
	FCEUI_SetRenderedLines(8, 231, 0, 239);
}

static bool load(const std::string &path) {
	FCEUI_SetGameGenie(options.gameGenie);
	RAMInitOption = options.ramInit;
	if (!FCEUI_LoadGame(path.c_str(), 1, false))
		return false;
	connectInputs();
	if (options.soundRate) {
		FCEUI_SetSoundVolume(255);
		FCEUI_SetSoundQuality(1);
		FCEUI_Sound(options.soundRate);
	}
	// FCEUX guesses the region from the ROM and its name: few files tell. An option wins.
	if (options.region < 0)
		regionSetting = FCEUI_GetCurrentVidSystem(nullptr, nullptr);
	FCEUI_SetRegion(regionSetting, false);
	return true;
}

// Loads the ROM. If that fails, the previous game (if any) runs again from power-on.
bool loadRom(const std::string &path) {
	static bool configured = false;
	if (!configured)
		configureCore();
	configured = true;

	std::string rom = absolutePath(path), previous = loadedRom;
	if (load(rom)) {
		loadedRom = rom;
		return true;
	}
	if (!GameInfo && !previous.empty())
		load(previous);
	return false;
}

}  // namespace headless

// FCEUX's Lua and movie code call these two functions of a driver.
int LoadGame(const char *path, bool) { return headless::loadRom(path); }
int reloadLastGame(void) { return !headless::loadedRom.empty() && headless::loadRom(headless::loadedRom); }
