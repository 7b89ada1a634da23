// SPDX-License-Identifier: GPL-2.0-or-later
#include "fastmem.h"

#include "types.h"
#include "fceu.h"
#include "cart.h"

uint8 *fastRead[32], *fastWrite[32], *fastCode[32];

// What backs a page; CARTRIDGE pages move when the board switches banks.
enum Backing : uint8 { HANDLER, RAM_MIRROR, CARTRIDGE };
static Backing reads[32], writes[32];

extern uint8 *Page[32];
bool cartPageIsRam(int page);
bool isRamReader(readfunc), isRamWriter(writefunc);
DECLFR(CartBR);
DECLFW(CartBW);

template <class Handler>
static bool allEqual(const Handler *table, int page) {
	const Handler *first = table + (page << 11);
	for (int i = 1; i < 2048; i++)
		if (first[i] != first[0])
			return false;
	return true;
}

// The first page of RAM and its three mirrors have different handlers that do the same.
template <class Handler>
static Backing classify(const Handler *table, int page, bool isRam, Handler cartridge) {
	Handler handler = table[page << 11];
	if (!((isRam && page < 4) || handler == cartridge) || !allEqual(table, page))
		return HANDLER;
	return handler == cartridge ? CARTRIDGE : RAM_MIRROR;
}

static uint8 *ramBase(int page) { return RAM - (page << 11); }

// A debugger reads the registers from $2000 to $4FFF without any handler.
static bool debuggerCallsHandler(int page) { return !fastRead[page] && (page < 0x2000 >> 11 || page > 0x4FFF >> 11); }

static void updateCode(int page) {
	fastCode[page] = debuggerCallsHandler((page + 1) & 31) ? nullptr : fastRead[page];
}

static void updateRead(int page) {
	fastRead[page] = reads[page] == RAM_MIRROR ? ramBase(page) : reads[page] == CARTRIDGE ? Page[page] : nullptr;
	updateCode(page);
	updateCode((page - 1) & 31);
}

static void updateWrite(int page) {
	bool cartridgeRam = writes[page] == CARTRIDGE && cartPageIsRam(page);
	fastWrite[page] = writes[page] == RAM_MIRROR ? ramBase(page) : cartridgeRam ? Page[page] : nullptr;
}

void fastmemHandlersChanged(int start, int end) {
	for (int page = start >> 11; page <= end >> 11; page++) {
		reads[page] = classify(ARead, page, isRamReader(ARead[page << 11]), (readfunc)CartBR);
		writes[page] = classify(BWrite, page, isRamWriter(BWrite[page << 11]), (writefunc)CartBW);
		updateRead(page);
		updateWrite(page);
	}
}

void fastmemPageSwitched(int page) {
	updateRead(page);
	updateWrite(page);
}

bool fastmemRamIsPlain() { return reads[0] == RAM_MIRROR; }
