// Direct access to the CPU's memory: which pages of 2 KB are plain memory and where they lie.
// SPDX-License-Identifier: GPL-2.0-or-later
//
// FCEUX calls a handler for every byte that the CPU reads or writes (ARead, BWrite). Most of these
// handlers only index an array. For each page whose 2048 addresses all have such a handler, the
// tables below hold a pointer, so that fastRead[A >> 11][A] is the byte at A. All other pages are
// null and still go through the handlers.
#pragma once

#include "types.h"

extern uint8 *fastRead[32], *fastWrite[32];
// The pages from which instructions can be fetched without a handler being called: as fastRead, but
// null also where an instruction at the page's end goes on in a page of a board's handlers.
extern uint8 *fastCode[32];

// The handlers of the pages that hold the addresses from `start` to `end` have changed.
void fastmemHandlersChanged(int start, int end);
// The cartridge has switched the memory behind a page.
void fastmemPageSwitched(int page);
// Zero page, stack and the rest of the RAM are plain memory: no cheat or board is in the way.
bool fastmemRamIsPlain();
