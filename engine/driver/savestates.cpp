// Savestates as strings in FCEUX's format.
// SPDX-License-Identifier: GPL-2.0-or-later
//
// A state is in FCEUX's own format: a header of 16 bytes ("FCSX", size, version, compressed size or
// -1), then chunks. A chunk is a type byte, a size and data. In most chunks the data are fields: a
// name of four bytes, a size and the value. All numbers are little endian.
#include "headless.h"

#include "types.h"
#include "emufile.h"
#include "fceu.h"
#include "state.h"

#include <cstdio>
#include <cstring>
#include <vector>
#include <zlib.h>

extern bool hidePicture;
extern SFORMAT FCEUPPU_STATEINFO[], FCEUSND_STATEINFO[];

namespace headless {

enum Chunk { CPU = 1, MOVIE = 7, PICTURE = 8 };
static const size_t HEADER = 16, CHUNK_HEADER = 5, FIELD_HEADER = 8;
static const size_t LARGEST_STATE = 64 << 20;

static uint32_t read32(const uint8_t *p) { return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24; }

static EMUFILE_MEMORY &scratch() {
	static EMUFILE_MEMORY file;
	file.set_len(0);
	file.unfail();
	file.fseek(0, SEEK_SET);
	return file;
}

std::string saveState(int compressionLevel) {
	EMUFILE_MEMORY &file = scratch();
	if (!FCEUSS_SaveMS(&file, compressionLevel))
		return "";
	return std::string((const char *)file.buf(), file.size());
}

// The headless engine's own fields are at the end of their tables.
static void endTableBefore(SFORMAT *field, const char *name) {
	while (field->v && strcmp(field->desc, name))
		field++;
	field->v = nullptr;
}

void leaveOutOwnFields() {
	endTableBefore(FCEUPPU_STATEINFO, "SPHX");
	endTableBefore(FCEUSND_STATEINFO, "5BUF");
}

static bool hasFields(int chunk) { return chunk != MOVIE && chunk != PICTURE; }

static bool checkedHasPicture;  // whether the state that was checked last has a picture

// Checks that chunks and fields fill `data` exactly and that the CPU's RAM is among them.
static std::string checkChunks(const uint8_t *data, size_t size) {
	bool ram = false;
	checkedHasPicture = false;
	for (size_t at = 0; at < size;) {
		if (size - at < CHUNK_HEADER)
			return "it ends within a chunk";
		int chunk = data[at];
		size_t length = read32(data + at + 1), end = at + CHUNK_HEADER + length;
		if (length > size - at - CHUNK_HEADER)
			return "it ends within chunk " + std::to_string(chunk);
		if (chunk == PICTURE && length != 256 * 256 && length != 256 * 256 + 8)
			return "its picture has a wrong size";
		checkedHasPicture = checkedHasPicture || chunk == PICTURE;
		if (hasFields(chunk)) {
			for (size_t field = at + CHUNK_HEADER; field < end;) {
				if (end - field < FIELD_HEADER)
					return "a field of chunk " + std::to_string(chunk) + " is broken";
				size_t value = read32(data + field + 4);
				if (value > end - field - FIELD_HEADER)
					return "a field of chunk " + std::to_string(chunk) + " is broken";
				ram = ram || (chunk == CPU && value == 0x800 && !memcmp(data + field, "RAM", 4));
				field += FIELD_HEADER + value;
			}
		}
		at = end;
	}
	return ram ? "" : "it holds no RAM";
}

std::string checkState(const char *bytes, size_t size) {
	const uint8_t *data = (const uint8_t *)bytes;
	if (size < HEADER || memcmp(data, "FCSX", 4))
		return "it does not start with FCSX";
	size_t total = read32(data + 4), stored = read32(data + 12);
	if (total > LARGEST_STATE)
		return "its size is wrong";
	if (stored == 0xFFFFFFFF) {
		if (size - HEADER != total)
			return "it has " + std::to_string(size - HEADER) + " bytes, not the " + std::to_string(total) +
			       " that its header says";
		return checkChunks(data + HEADER, total);
	}
	if (size - HEADER != stored)
		return "it has " + std::to_string(size - HEADER) + " bytes, not the " + std::to_string(stored) +
		       " that its header says";
	std::vector<uint8_t> plain(total);
	uLongf length = total;
	if (uncompress(plain.data(), &length, data + HEADER, stored) != Z_OK || length != total)
		return "it cannot be decompressed";
	return checkChunks(plain.data(), total);
}

std::string loadState(const char *data, size_t size) {
	std::string wrong = checkState(data, size);
	if (!wrong.empty())
		return wrong;
	EMUFILE_MEMORY &file = scratch();
	file.fwrite(data, size);
	file.fseek(0, SEEK_SET);
	if (!FCEUSS_LoadFP(&file, SSLOADPARAM_NOBACKUP))
		return "FCEUX does not accept it";
	if (checkedHasPicture)
		hidePicture = false;  // a state that is saved now has the picture, too
	return "";
}

}  // namespace headless
