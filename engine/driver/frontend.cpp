// The functions that FCEUX's core needs from a front end: files, messages, time. Those for a window,
// a sound card or the network do nothing or report that there is none.
// SPDX-License-Identifier: GPL-2.0-or-later
#include "headless.h"

#include "types.h"
#include "driver.h"
#include "emufile.h"
#include "fceu.h"
#include "input.h"
#include "x6502.h"

#include <cstdarg>
#include <cstdio>
#include <ctime>

// ---- settings that a driver owns
int dendy = 0, pal_emulation = 0, eoptions = 0, closeFinishedMovie = 0, KillFCEUXonFrame = 0;
bool swapDuty = false, paldeemphswap = false, turbo = false;

namespace headless {
bool quitRequested = false;
}

// ---- files
FILE *FCEUD_UTF8fopen(const char *name, const char *mode) { return fopen(name, mode); }
EMUFILE_FILE *FCEUD_UTF8_fstream(const char *name, const char *mode) { return new EMUFILE_FILE(name, mode); }
// FCEUX opens .zip and .gz files itself if the driver does not.
ArchiveScanRecord FCEUD_ScanArchive(std::string) { return ArchiveScanRecord(); }
FCEUFILE *FCEUD_OpenArchive(ArchiveScanRecord &, std::string &, std::string *) { return nullptr; }
FCEUFILE *FCEUD_OpenArchive(ArchiveScanRecord &, std::string &, std::string *, int *) { return nullptr; }
FCEUFILE *FCEUD_OpenArchiveIndex(ArchiveScanRecord &, std::string &, int) { return nullptr; }
FCEUFILE *FCEUD_OpenArchiveIndex(ArchiveScanRecord &, std::string &, int, int *) { return nullptr; }
const char *FCEUD_GetCompilerString() { return "gcc " __VERSION__; }

// ---- messages
void FCEUD_PrintError(const char *text) { fprintf(stderr, "fceux-headless: %s\n", text); }
void FCEUD_Message(const char *text) {
	if (headless::options.verbose)
		fputs(text, stderr);
}
void PrintToWindowConsole(intptr_t, const char *text) {
	fputs(text, stdout);
	fflush(stdout);
}
// The Lua engine prints the same text to standard error itself.
int LuaPrintfToWindowConsole(const char *__restrict, ...) noexcept { return 0; }
int LuaKillMessageBox(void) { return 0; }
void fceuWrapperRequestAppExit(void) { headless::quitRequested = true; }

// ---- time and speed: always as fast as possible
uint64 FCEUD_GetTime() {
	timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}
uint64 FCEUD_GetTimeFreq() { return 1000; }
void FCEUD_SetEmulationSpeed(int) {}
void FCEUD_TurboOn() { turbo = true; }
void FCEUD_TurboOff() { turbo = false; }
void FCEUD_TurboToggle() { turbo = !turbo; }
void RefreshThrottleFPS() {}

// ---- window and sound card
// Called once per frame, after the script has run.
bool FCEUD_WantsPicture() {
	using headless::framesToDraw;
	if (headless::drawsThisFrame())
		return true;
	if (framesToDraw > 0)
		framesToDraw--;
	else if (framesToDraw == 0)
		return false;
	return true;
}
// Stock FCEUX for Linux sets the CPU's clock by its setting here, whatever the PPU was just told. A
// movie with another region than that runs at both, and must do so here, too.
void FCEUD_VideoChanged() { PAL = headless::regionSetting == 1; }
bool FCEUD_ShouldDrawInputAids() { return true; }
void FCEUD_SoundToggle() {}
void FCEUD_SoundVolumeAdjust(int) {}
void FCEUD_HideMenuToggle() {}
void FCEUD_ToggleStatusIcon() {}
int FCEUD_ShowStatusIcon() { return 1; }
bool FCEUD_PauseAfterPlayback() { return false; }
void FCEUD_SaveStateAs() {}
void FCEUD_LoadStateFrom() {}
void FCEUD_MovieRecordTo() {}
void FCEUD_MovieReplayFrom() {}
void FCEUD_LuaRunFrom() {}
void FCEUD_CmdOpen() {}
void FCEUD_OnCloseGame() {}
void FCEUI_UseInputPreset(int) {}
bool FCEUI_AviIsRecording() { return false; }
bool FCEUI_AviEnableHUDrecording() { return false; }
bool FCEUI_AviDisableMovieMessages() { return true; }
void FCEUI_AviVideoUpdate(const unsigned char *) {}
void FCEUD_AviRecordTo() {}
void FCEUD_AviStop() {}

// ---- network play
int FCEUD_SendData(void *, uint32) { return 0; }
int FCEUD_RecvData(void *, uint32) { return 0; }
void FCEUD_NetplayText(uint8 *) {}
void FCEUD_NetworkClose() {}

// ---- debugger windows
// There is no debugger to continue from a breakpoint, so it is only reported.
void FCEUD_DebugBreakpoint(int) {
	fprintf(stderr, "fceux-headless: breakpoint at $%04X\n", X.PC);
	FCEUI_SetEmulationPaused(0);
}
void FCEUD_TraceInstruction(uint8 *, int) {}
void FCEUD_FlushTrace() {}
void FCEUD_UpdateNTView(int, bool) {}
void FCEUD_UpdatePPUView(int, int) {}
