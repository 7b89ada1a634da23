// Frames without a picture: what ppu.cpp needs to know of hidden_ppu.inc.
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "beam.h"

bool hidePicture = false;            // nobody wants the picture of the coming frame
static bool hidden = false;          // this frame is emulated without a picture
static bool linePixels = true;       // this line needs pixels, if only those under sprite 0
static bool spritesCounted = false;  // sprites have been counted since the OAM changed
static uint8 hiddenLine[256 + 24];

// Bits of the last two tiles fetched, shared by drawn and hidden lines.
static uint32 pshift[2];
static uint32 atlatch;

static bool canHide(void);
static void fetchSkippedTiles(void);
static void FetchSpriteDataHidden(void);
static void RefreshSpritesHidden(void);
static void RefreshLineHidden(int lastpixel);
static bool runHiddenLines(void);
bool X6502_CanRunAhead(void);
