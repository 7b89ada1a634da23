// What the CPU loop needs to know of the PPU's lines (ppu_lines.inc).
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "types.h"

#include <cstdint>

extern int32 beamDue, beamStopDue;
extern bool beamHasHook;
void beamCatchUp(int32 time);
int statusAtRest(void);
int32 statusChangesAt(int32 now);
int32 beamLineLength(void);
