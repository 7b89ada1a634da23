// Input devices. No user presses buttons here: input comes from Lua (joypad.set, zapper.set) or from
// a movie, and FCEUX puts it in place of the idle states below.
// SPDX-License-Identifier: GPL-2.0-or-later
#include "headless.h"

#include "types.h"
#include "driver.h"
#include "fceu.h"
#include "input.h"

#include <cstring>

extern bool replaceP2StartWithMicrophone;

namespace headless {

struct Device {
	const char *name;
	int type;
};

static const Device PORT_DEVICES[] = {
	{"none", SI_NONE}, {"gamepad", SI_GAMEPAD}, {"zapper", SI_ZAPPER},
	{"powerpad.0", SI_POWERPADA}, {"powerpad.1", SI_POWERPADB}, {"arkanoid", SI_ARKANOID}};
static const Device EXPANSION_DEVICES[] = {
	{"none", SIFC_NONE}, {"arkanoid", SIFC_ARKANOID}, {"shadow", SIFC_SHADOW},
	{"4player", SIFC_4PLAYER}, {"familykeyboard", SIFC_FKB}, {"hypershot", SIFC_HYPERSHOT},
	{"mahjong", SIFC_MAHJONG}, {"quizking", SIFC_QUIZKING}, {"ftrainer", SIFC_FTRAINERA},
	{"oekakids", SIFC_OEKAKIDS}, {"bworld", SIFC_BWORLD}, {"toprider", SIFC_TOPRIDER}};

template <size_t N>
static const Device *find(const Device (&devices)[N], const std::string &name) {
	for (const Device &device : devices)
		if (name == device.name)
			return &device;
	return nullptr;
}

bool isPortDevice(const std::string &name) { return find(PORT_DEVICES, name); }
bool isExpansionDevice(const std::string &name) { return find(EXPANSION_DEVICES, name); }
const char *portDeviceNames() { return "none, gamepad, zapper, powerpad.0, powerpad.1, arkanoid"; }
const char *expansionDeviceNames() {
	return "none, arkanoid, shadow, 4player, familykeyboard, hypershot, mahjong, quizking, ftrainer, "
	       "oekakids, bworld, toprider";
}

// The idle state of each kind of device: nothing pressed, pointer at the top left.
static uint32 gamepads;
static uint32 powerPads[2];
static uint32 pointer[3];
static uint32 pointerMotion[3];
static uint8 familyKeyboard[0x48];
static uint8 quizKing, hyperShot, topRider;
static uint32 mahjong, familyTrainer;
static uint8 barcodeWorld[1 + 13 + 1];

static void connectPort(int port, ESI type) {
	void *data = nullptr;
	int attribute = 0;
	switch (type) {
	case SI_GAMEPAD: case SI_SNES: data = &gamepads; break;
	case SI_POWERPADA: case SI_POWERPADB: data = &powerPads[port]; break;
	case SI_ARKANOID: data = pointer; break;
	case SI_ZAPPER: data = pointer; attribute = 1; break;
	case SI_MOUSE: case SI_SNES_MOUSE: data = pointerMotion; break;
	default: break;
	}
	FCEUI_SetInput(port, type, data, attribute);
}

static void connectExpansion(ESIFC type) {
	void *data = nullptr;
	int attribute = 0;
	switch (type) {
	case SIFC_SHADOW: case SIFC_OEKAKIDS: data = pointer; attribute = 1; break;
	case SIFC_ARKANOID: data = pointer; break;
	case SIFC_FKB: data = familyKeyboard; break;
	case SIFC_HYPERSHOT: data = &hyperShot; break;
	case SIFC_MAHJONG: data = &mahjong; break;
	case SIFC_QUIZKING: data = &quizKing; break;
	case SIFC_TOPRIDER: data = &topRider; break;
	case SIFC_BWORLD: data = barcodeWorld; break;
	case SIFC_FTRAINERA: case SIFC_FTRAINERB: data = &familyTrainer; break;
	default: break;
	}
	FCEUI_SetInputFC(type, data, attribute);
}

// Connects the devices that the command line names, unless the loaded game names its own.
void connectInputs() {
	for (int port = 0; port < 2; port++) {
		int type = find(PORT_DEVICES, options.input[port])->type;
		connectPort(port, GameInfo->input[port] >= 0 ? GameInfo->input[port] : (ESI)type);
	}
	int type = find(EXPANSION_DEVICES, options.expansion)->type;
	connectExpansion(GameInfo->inputfc >= 0 ? GameInfo->inputfc : (ESIFC)type);
	FCEUI_SetInputFourscore(options.fourScore);
}

}  // namespace headless

// FCEUX calls this when a movie names its devices.
void FCEUD_SetInput(bool fourscore, bool microphone, ESI port0, ESI port1, ESIFC expansion) {
	headless::connectPort(0, fourscore ? SI_GAMEPAD : port0);
	headless::connectPort(1, fourscore ? SI_GAMEPAD : port1);
	headless::connectExpansion(fourscore ? SIFC_NONE : expansion);
	replaceP2StartWithMicrophone = microphone;
	FCEUI_SetInputFourscore(fourscore);
}

void GetMouseData(uint32 (&data)[3]) { memcpy(data, headless::pointer, sizeof data); }

unsigned int *GetKeyboard(void) {
	static unsigned int keys[256];
	return keys;
}
