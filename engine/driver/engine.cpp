// The structure `copain_engine`, and frames that are played without the script.
// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine.h"

#include "headless.h"
#include "snapshots.h"

#include "types.h"
#include "debug.h"
#include "fastmem.h"
#include "fceu.h"
#include "movie.h"

#include <cstring>

extern uint32 lagCounter;
extern uint8 *XBackBuf;
extern int currFrameCounter;
void FCEU_LuaHold(int frames);
void FCEU_LuaJoypad(int which, uint8 buttons);

namespace headless {

static uint32_t framesLeft;
static bool drawLast;
static void (*afterFrames)(void *);
static void *afterContext;

void stopPlaying() { afterFrames = nullptr; }

bool drawsThisFrame() { return afterFrames && drawLast && framesLeft == 1; }

void frameDone() {
	if (!afterFrames || --framesLeft)
		return;
	void (*call)(void *) = afterFrames;
	afterFrames = nullptr;
	call(afterContext);
}

void setPads(const uint8_t *masks, int pads) {
	for (int i = 0; i < (pads > 2 ? 4 : 2); i++)
		FCEU_LuaJoypad(i, i < pads ? masks[i] : 0);
}

static void play(uint32_t frames, const uint8_t *masks, int pads, int last, void (*after)(void *),
                 void *context, int inScript) {
	setPads(masks, pads);
	framesToDraw = 0;
	FCEU_LuaHold((int)frames - (inScript ? 1 : 0));
	framesLeft = frames;
	drawLast = last;
	afterFrames = after;
	afterContext = context;
}

static void stop(void *context) {
	if (!afterFrames || afterContext != context)
		return;
	stopPlaying();
	FCEU_LuaHold(0);
}

static std::string message;  // the last error

static uint64_t save(const char **error) {
	uint64_t handle = saveSnapshot(message);
	if (!handle)
		*error = message.c_str();
	return handle;
}

static const char *load(uint64_t handle) {
	message = loadSnapshot(handle);
	return message.empty() ? nullptr : message.c_str();
}

static int has(uint64_t handle) { return hasSnapshot(handle); }

static void read(uint32_t address, uint32_t n, uint8_t *out) {
	if (address + n <= 0x800 && fastmemRamIsPlain()) {
		memcpy(out, RAM + address, n);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		out[i] = GetMem(address + i);
}

static void counts(uint32_t *frames, uint32_t *lagFrames) {
	*frames = (uint32_t)currFrameCounter;
	*lagFrames = lagCounter;
}

static void picture(const uint8_t **indices, const uint8_t **colours) {
	*indices = XBackBuf;
	*colours = palette();
}

}  // namespace headless

extern "C" {
extern const CopainEngine copain_engine;
const CopainEngine copain_engine = {
	COPAIN_ENGINE_VERSION_OF_STRUCTURE, headless::save,   headless::load, headless::has,
	headless::freeSnapshot,             headless::machineHash, headless::read, headless::counts,
	headless::play,                     headless::picture,     headless::stop};
}
