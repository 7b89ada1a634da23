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
// The pages from which instructions can be fetched without calling a handler: like fastRead, but also
// null if an instruction at the page's end could continue in a page with a board's handlers.
extern uint8 *fastCode[32];

// Called when the handlers of the addresses from `start` to `end` have changed.
void fastmemHandlersChanged(int start, int end);
// Called when the cartridge has switched the memory behind a page.
void fastmemPageSwitched(int page);
// Whether the RAM is plain memory: no cheat or board handles access to it.
bool fastmemRamIsPlain();
