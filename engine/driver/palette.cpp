// The 256 colours that FCEUX draws with.
// SPDX-License-Identifier: GPL-2.0-or-later
#include "headless.h"

#include "types.h"
#include "driver.h"

#include <cstdio>
#include <cstring>

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

// Screenshots in PNG ask for colours this way, with emphasis beside the pixel.
u32 ModernDeemphColorMap(const u8 *pixel, const u8 *, int) {
	const uint8 *c = colours[*pixel];
	return c[0] << 16 | c[1] << 8 | c[2];
}

namespace headless {

void readPalette(uint8_t out[768]) { memcpy(out, colours, sizeof colours); }

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
