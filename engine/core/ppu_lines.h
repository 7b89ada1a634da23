// The old PPU's lines on plain boards: what ppu.cpp needs to know of ppu_lines.inc.
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "beam.h"

bool hidePicture = false;            // the coming frame needs no picture
static bool plain = false;           // nothing observes single fetches or pixels in this frame
static bool hidden = false;          // plain, and emulated without a picture
static bool linePixels = true;       // this line needs pixels, at least those under sprite 0
static bool spritesCounted = false;  // sprites have been counted since the OAM changed
static uint8 hiddenLine[256 + 24];

// Bits of the last two tiles fetched, shared with the stock functions.
static uint32 pshift[2];
static uint32 atlatch;

static bool isPlain(void);
static void fetchSkippedTiles(void);
static void FetchSpriteDataHidden(void);
static void RefreshSpritesHidden(void);
static void RefreshLinePlain(int lastpixel);
static bool runPlainLines(void);
bool X6502_CanRunAhead(void);
void X6502_AddCycles(int cycles);
