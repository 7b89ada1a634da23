// The 256 colours that FCEUX draws with.
// SPDX-License-Identifier: GPL-2.0-or-later
#include "headless.h"

#include "types.h"
#include "driver.h"
#include "palette.h"

#include <cstdio>

extern u8 *XDBuf;

static uint8 colours[256][3];

void FCEUD_SetPalette(uint8 index, uint8 r, uint8 g, uint8 b) {
	colours[index][0] = r;
	colours[index][1] = g;
	colours[index][2] = b;
}

void FCEUD_GetPalette(uint8 index, uint8 *r, uint8 *g, uint8 *b) {
	*r = colours[index][0];
	*g = colours[index][1];
	*b = colours[index][2];
}

// The colours of a PNG screenshot, as FCEUX's window shows them: with the emphasis of each pixel.
u32 ModernDeemphColorMap(const u8 *pixel, const u8 *screen, int) {
	const uint8 emphasis = XDBuf[pixel - screen];
	if (!emphasis)
		return colours[*pixel][0] << 16 | colours[*pixel][1] << 8 | colours[*pixel][2];
	const pal &colour = palo[(*pixel & 0x3F) + emphasis * 64];
	return colour.r << 16 | colour.g << 8 | colour.b;
}

namespace headless {

const uint8_t *palette() { return colours[0]; }

bool loadPaletteFile(const std::string &path) {
	static uint8 data[512 * 3];
	FILE *file = fopen(path.c_str(), "rb");
	if (!file)
		return false;
	size_t size = fread(data, 1, sizeof data, file);
	fclose(file);
	if (size != 64 * 3 && size != sizeof data)
		return false;
	FCEUI_SetUserPalette(data, (int)(size / 3));
	return true;
}

}  // namespace headless
