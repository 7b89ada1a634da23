// Snapshots, see snapshots.h.
// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshots.h"

#include "headless.h"

#include "types.h"
#include "fceu.h"
#include "movie.h"
#include "ppu.h"
#include "sound.h"
#include "state.h"
#include "version.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <unistd.h>
#include <unordered_map>
#include <vector>

extern SFORMAT SFCPU[], SFCPUC[], FCEUPPU_STATEINFO[], FCEU_NEWPPU_STATEINFO[], FCEUCTRL_STATEINFO[],
	FCEUSND_STATEINFO[];
extern uint8 *XBackBuf;
extern bool hidePicture;
extern int resetDMCacc;
void FCEUSND_PreLoadState(void);
SFORMAT *CheckS(SFORMAT *table, uint32 size, char *name);
SFORMAT *FCEUSS_BoardFields(void (**before)(void), void (**after)(void), int *version);

namespace headless {

static const size_t PICTURE_SIZE = 256 * 256;
static const int PICTURE_CHUNK = 8;

// Where a field of the machine is.
struct Place {
	uint8_t *at;    // its address, or that of a pointer to it
	bool indirect;
	uint8_t *address() const { return indirect ? *(uint8_t **)at : at; }
};

// Bytes that are copied at once: one field, or several that follow one another in memory.
struct Piece {
	Place place;
	uint32_t offset, size;
};

struct Field {
	char name[4];
	uint32_t size, offset;
};

struct Chunk {
	int type;
	std::vector<Field> fields;
};

// The fields of the machine with the running game, in the order of a savestate.
struct Layout {
	int version;
	uint32_t size = 0;        // bytes of all values
	size_t beforeBoard = 0;   // the pieces from this one on are the board's, which has hooks
	void (*before)(void), (*after)(void);
	std::vector<Piece> saved, loaded;
	std::vector<Chunk> chunks;
};

static void addPiece(std::vector<Piece> &pieces, Place place, uint32_t offset, uint32_t size, bool joins) {
	if (joins && !pieces.empty()) {
		Piece &last = pieces.back();
		if (!place.indirect && !last.place.indirect && last.place.at + last.size == place.at &&
		    last.offset + last.size == offset) {
			last.size += size;
			return;
		}
	}
	pieces.push_back({place, offset, size});
}

static Place placeOf(const SFORMAT *field) { return {(uint8_t *)field->v, (field->s & FCEUSTATE_INDIRECT) != 0}; }

static void addFields(Layout &layout, Chunk &chunk, SFORMAT *table, SFORMAT *field, size_t first) {
	for (; field->v; field++) {
		if (field->s == ~0u) {  // a table of its own
			addFields(layout, chunk, table, (SFORMAT *)field->v, first);
			continue;
		}
		uint32_t size = field->s & ~FCEUSTATE_FLAGS;
		Field entry{{}, size, layout.size};
		memcpy(entry.name, field->desc, 4);
		chunk.fields.push_back(entry);
		addPiece(layout.saved, placeOf(field), layout.size, size, layout.saved.size() > first);
		// FCEUX loads a value into the first field of its name, also where two fields have the same one.
		if (SFORMAT *target = CheckS(table, size, entry.name))
			addPiece(layout.loaded, placeOf(target), layout.size, size, true);
		layout.size += size;
	}
}

// The layout for the running game. Layouts are kept, as snapshots of an earlier game refer to them.
static const Layout &layout() {
	static std::vector<std::unique_ptr<Layout>> layouts;
	int version;
	void (*before)(void), (*after)(void);
	SFORMAT *board = FCEUSS_BoardFields(&before, &after, &version);
	if (!layouts.empty() && layouts.back()->version == version)
		return *layouts.back();
	layouts.emplace_back(new Layout);
	Layout &made = *layouts.back();
	made.version = version;
	made.before = before;
	made.after = after;
	const struct {
		int type;
		SFORMAT *table;
	} TABLES[] = {{1, SFCPU}, {2, SFCPUC}, {3, FCEUPPU_STATEINFO}, {31, FCEU_NEWPPU_STATEINFO},
	              {4, FCEUCTRL_STATEINFO}, {5, FCEUSND_STATEINFO}, {0x10, board}};
	for (auto &part : TABLES) {
		made.chunks.push_back({part.type, {}});
		made.beforeBoard = made.saved.size();
		addFields(made, made.chunks.back(), part.table, part.table, made.beforeBoard);
	}
	return made;
}

// Most fields are a byte or a few, for which a call of memcpy takes longer than the copy.
static inline void copy(uint8_t *to, const uint8_t *from, size_t size) {
	switch (size) {
	case 1: *to = *from; break;
	case 2: memcpy(to, from, 2); break;
	case 4: memcpy(to, from, 4); break;
	case 8: memcpy(to, from, 8); break;
	default: memcpy(to, from, size);
	}
}

static void capture(const Layout &of, uint8_t *values) {
	FCEUPPU_SaveState();
	FCEUSND_SaveState();
	const Piece *piece = of.saved.data(), *board = piece + of.beforeBoard, *end = piece + of.saved.size();
	for (; piece < board; piece++)
		copy(values + piece->offset, piece->place.address(), piece->size);
	if (of.before)
		of.before();
	for (; piece < end; piece++)
		copy(values + piece->offset, piece->place.address(), piece->size);
	if (of.after)
		of.after();
}

// Does what FCEUSS_LoadFP does after it has read its file.
static void restore(const Layout &of, const uint8_t *values) {
	FCEUSND_PreLoadState();
	for (const Piece &piece : of.loaded)
		copy(piece.place.address(), values + piece.offset, piece.size);
	resetDMCacc = 0;
	if (GameStateRestore)
		GameStateRestore(FCEU_VERSION_NUMERIC);
	FCEUPPU_LoadState(FCEU_VERSION_NUMERIC);
	FCEUSND_LoadState(FCEU_VERSION_NUMERIC);
}

// ---- snapshots by handle

struct Snapshot {
	const Layout *layout;  // null: `values` are a savestate in FCEUX's format
	bool picture;
	size_t size;
	uint8_t values[];
};

struct Free {
	void operator()(void *p) const { free(p); }
};
using Owned = std::unique_ptr<Snapshot, Free>;

size_t snapshotMemory = 0;
static std::unordered_map<uint64_t, Owned> snapshots;
static uint64_t nextHandle = FIRST_SNAPSHOT;
static size_t bytesHeld = 0;

static size_t allowedBytes() {
	if (!snapshotMemory)
		snapshotMemory = (size_t)sysconf(_SC_PHYS_PAGES) / 2 * (size_t)sysconf(_SC_PAGESIZE);
	return snapshotMemory;
}

static Owned allocate(size_t size, std::string &wrong) {
	Owned made;
	if (bytesHeld + size <= allowedBytes())
		made.reset((Snapshot *)malloc(sizeof(Snapshot) + size));
	if (!made) {
		wrong = "there is no room for another savestate: " + std::to_string(snapshots.size()) + " take " +
		        std::to_string(bytesHeld >> 20) + " MiB, and " + std::to_string(allowedBytes() >> 20) +
		        " MiB are allowed";
		return made;
	}
	made->size = size;
	return made;
}

static Owned ownBytes(const char *bytes, size_t size, std::string &wrong) {
	Owned made = allocate(size, wrong);
	if (made) {
		made->layout = nullptr;
		memcpy(made->values, bytes, size);
	}
	return made;
}

static Owned snapshotOfMachine(std::string &wrong) {
	if (!FCEUMOV_Mode(MOVIEMODE_INACTIVE)) {
		std::string bytes = saveState(0);
		return ownBytes(bytes.data(), bytes.size(), wrong);
	}
	const Layout &now = layout();
	Owned made = allocate(now.size + (hidePicture ? 0 : PICTURE_SIZE), wrong);
	if (!made)
		return made;
	made->layout = &now;
	made->picture = !hidePicture;  // after a hidden frame, the picture is that of an older one
	capture(now, made->values);
	if (made->picture)
		memcpy(made->values + now.size, XBackBuf, PICTURE_SIZE);
	return made;
}

static uint64_t keep(Owned made) {
	if (!made)
		return 0;
	bytesHeld += made->size;
	uint64_t handle = nextHandle++;
	snapshots.emplace(handle, std::move(made));
	return handle;
}

static const Snapshot *find(uint64_t handle) {
	auto found = snapshots.find(handle);
	return found == snapshots.end() ? nullptr : found->second.get();
}

uint64_t saveSnapshot(std::string &wrong) { return keep(snapshotOfMachine(wrong)); }

uint64_t importSnapshot(const char *bytes, size_t size, std::string &wrong) {
	return keep(ownBytes(bytes, size, wrong));
}

bool replaceSnapshot(uint64_t handle, std::string &wrong) {
	Owned made = snapshotOfMachine(wrong);
	if (!made)
		return false;
	Owned &place = snapshots.at(handle);
	bytesHeld += made->size - place->size;
	place = std::move(made);
	return true;
}

std::string loadSnapshot(uint64_t handle) {
	const Snapshot *snapshot = find(handle);
	if (!snapshot)
		return "savestate handle " + std::to_string(handle) + " is unknown";
	if (snapshot->layout && snapshot->layout == &layout() && FCEUMOV_Mode(MOVIEMODE_INACTIVE)) {
		if (snapshot->picture)
			memcpy(XBackBuf, snapshot->values + snapshot->layout->size, PICTURE_SIZE);
		restore(*snapshot->layout, snapshot->values);
		if (snapshot->picture)
			hidePicture = false;  // a state that is saved now has it, too
		return "";
	}
	if (!snapshot->layout)
		return loadState((const char *)snapshot->values, snapshot->size);
	std::string bytes = snapshotBytes(handle);
	return loadState(bytes.data(), bytes.size());
}

bool hasSnapshot(uint64_t handle) { return find(handle); }

void freeSnapshot(uint64_t handle) {
	auto found = snapshots.find(handle);
	if (found == snapshots.end())
		return;
	bytesHeld -= found->second->size;
	snapshots.erase(found);
}

static void append32(std::string &text, uint32_t value) {
	for (int shift = 0; shift < 32; shift += 8)
		text.push_back((char)(value >> shift));
}

std::string snapshotBytes(uint64_t handle) {
	const Snapshot *snapshot = find(handle);
	if (!snapshot)
		return "";
	const char *values = (const char *)snapshot->values;
	if (!snapshot->layout)
		return std::string(values, snapshot->size);
	std::string body;
	for (const Chunk &chunk : snapshot->layout->chunks) {
		if (chunk.type == 0x10 && snapshot->picture) {  // FCEUX writes the picture before the board
			body.push_back(PICTURE_CHUNK);
			append32(body, PICTURE_SIZE);
			body.append(values + snapshot->layout->size, PICTURE_SIZE);
		}
		uint32_t size = 0;
		for (const Field &field : chunk.fields)
			size += 8 + field.size;
		body.push_back((char)chunk.type);
		append32(body, size);
		for (const Field &field : chunk.fields) {
			body.append(field.name, 4);
			append32(body, field.size);
			body.append(values + field.offset, field.size);
		}
	}
	std::string bytes = "FCSX";
	append32(bytes, body.size());
	append32(bytes, FCEU_VERSION_NUMERIC);
	append32(bytes, 0xFFFFFFFF);  // not compressed
	return bytes + body;
}

// ---- the hash

static inline uint64_t mix(uint64_t hash, uint64_t word) {
	const uint64_t a = 0x9E3779B185EBCA87ull, b = 0xC2B2AE3D27D4EB4Full;
	hash = (hash ^ (word * b)) * a;
	return hash ^ hash >> 29;
}

// Multiplies and rotates over words of eight bytes, in four lanes that the processor computes side by side.
static uint64_t hashBytes(const uint8_t *data, size_t size) {
	uint64_t lanes[4] = {size, 1, 2, 3};
	for (; size >= 32; data += 32, size -= 32) {
		uint64_t words[4];
		memcpy(words, data, 32);
		for (int i = 0; i < 4; i++)
			lanes[i] = mix(lanes[i], words[i]);
	}
	uint8_t rest[32] = {};
	memcpy(rest, data, size);
	uint64_t words[4], hash = 0;
	memcpy(words, rest, 32);
	for (int i = 0; i < 4; i++)
		hash = mix(hash, mix(lanes[i], words[i]));
	return hash;
}

uint64_t machineHash() {
	static std::vector<uint8_t> values;
	const Layout &now = layout();
	values.resize(now.size);
	capture(now, values.data());
	return hashBytes(values.data(), values.size());
}

}  // namespace headless
