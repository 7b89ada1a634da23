// fceux-headless: FCEUX's core without a window.
// SPDX-License-Identifier: GPL-2.0-or-later
#include "headless.h"

#include "types.h"
#include "driver.h"
#include "fceu.h"
#include "fceulua.h"
#include "movie.h"
#include "x6502.h"

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace headless;

// $HOME/.fceux with the subfolders that FCEUX writes to.
static void prepareBaseDirectory() {
	const char *configured = getenv("FCEUX_CONFIG_DIR"), *home = getenv("FCEUX_HOME");
	if (!home)
		home = getenv("HOME");
	std::string base = configured ? configured : home ? std::string(home) + "/.fceux" : ".";
	mkdir(base.c_str(), S_IRWXU);
	for (const char *folder : {"fcs", "snaps", "gameinfo", "sav", "cheats", "avi", "wav", "movies", "input"})
		mkdir((base + "/" + folder).c_str(), S_IRWXU);
	FCEUI_SetBaseDirectory(base);
}

[[noreturn]] static void fail(int code, const char *what, const std::string &path, const char *why) {
	fprintf(stderr, "fceux-headless: cannot %s '%s': %s\n", what, path.c_str(), why);
	exit(code);
}

static void checkReadable(int code, const char *what, const std::string &path) {
	FILE *file = fopen(path.c_str(), "rb");
	if (!file)
		fail(code, what, path, strerror(errno));
	fclose(file);
}

// Runs frames until something ends the program; returns the exit code.
static int run() {
	uint8 *picture;
	int32 *samples, sampleCount;
	for (long long frame = 0; !quitRequested; frame++) {
		if (options.frames && frame >= options.frames)
			return EXIT_OK;
		ScriptState script = scriptState();
		if (script == ScriptState::Failed)
			return EXIT_LUA;
		// Without a script, a movie or a limit, nothing would ever end the program.
		bool idle = script == ScriptState::None || script == ScriptState::Finished;
		if (idle && !options.frames && !FCEUMOV_Mode(MOVIEMODE_PLAY))
			return EXIT_OK;
		if (options.skewFrame && frame + 1 == options.skewFrame)
			X.count -= 48;  // FCEUX counts 48 units a cycle
		bool paused = FCEUI_EmulationPaused();
		FCEUI_Emulate(&picture, &samples, &sampleCount, 0);
		if (!paused)
			frameDone();
		if (FCEUI_EmulationPaused())
			usleep(16000);
	}
	return EXIT_OK;
}

// Several emulators take turns on one core. If their libraries have the same addresses, what the
// core's branch predictor learns in one process helps the next one: a pool is about 8 % faster.
static void useFixedAddresses(char **argv) {
	int now = personality(0xffffffff);
	if (now == -1 || now & ADDR_NO_RANDOMIZE || personality(now | ADDR_NO_RANDOMIZE) == -1)
		return;
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
	if (length > 0) {
		path[length] = 0;
		execv(path, argv);  // if it fails, the program goes on as it is
	}
}

int main(int argc, char **argv) {
	useFixedAddresses(argv);
	parseOptions(argc, argv);
	checkReadable(EXIT_ROM, "load ROM", options.rom);
	if (!options.movie.empty())
		checkReadable(EXIT_MOVIE, "play movie", options.movie);
	if (!options.lua.empty())
		checkReadable(EXIT_LUA, "run script", options.lua);
	if (!options.palette.empty())
		checkReadable(EXIT_USAGE, "read palette", options.palette);
	setvbuf(stdout, nullptr, _IOLBF, 0);
	// Memory of snapshots that were freed is used again soon: do not give it back to the system each time.
	mallopt(M_TOP_PAD, 1 << 20);
	mallopt(M_TRIM_THRESHOLD, 64 << 20);

	if (!FCEUI_Initialize()) {
		fprintf(stderr, "fceux-headless: not enough memory\n");
		return EXIT_FAILED;
	}
	prepareBaseDirectory();
	if (options.stockStates)
		leaveOutOwnFields();
	framesToDraw = options.draw ? -1 : 0;
	if (!loadRom(options.rom))
		fail(EXIT_ROM, "load ROM", options.rom, "FCEUX does not accept it");
	if (!options.movie.empty()) {
		if (!FCEUI_LoadMovie(absolutePath(options.movie).c_str(), true, 0) || !FCEUMOV_Mode(MOVIEMODE_PLAY))
			fail(EXIT_MOVIE, "play movie", options.movie, "FCEUX does not accept it");
	}
	// The script runs up to its first emu.frameadvance() here; run() ends the program if it failed.
	if (!options.lua.empty() && !FCEU_LoadLuaCode(absolutePath(options.lua).c_str()))
		return EXIT_LUA;
	int code = run();
	if (scriptState() == ScriptState::Failed)
		code = EXIT_LUA;
	FCEUI_StopMovie();
	stopScript();
	FCEUI_CloseGame();
	FCEUI_Kill();
	return code;
}
