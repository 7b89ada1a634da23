// Snapshots: savestates as flat copies, for use within this process.
// SPDX-License-Identifier: GPL-2.0-or-later
//
// A snapshot holds the same values as a savestate of FCEUX, and loading it does the same. It has no headers
// and no names, so that both are ten times faster. While a movie is recorded or played, a savestate also
// holds the movie; then a snapshot is FCEUX's own savestate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace headless {

// The handle of the first snapshot; the bridge numbers other savestates below it. Handles are never used twice.
const uint64_t FIRST_SNAPSHOT = 1ull << 40;

// Bytes that all snapshots may take together. 0: half of the machine's memory.
extern size_t snapshotMemory;

// Returns the handle of a new snapshot of the machine; 0 if there is no room, and then `wrong` says so.
uint64_t saveSnapshot(std::string &wrong);
// The same from a savestate in FCEUX's format, which is complete.
uint64_t importSnapshot(const char *bytes, size_t size, std::string &wrong);
// Saves the machine again under a known handle.
bool replaceSnapshot(uint64_t handle, std::string &wrong);
// Returns what is wrong, or an empty string if the snapshot was loaded.
std::string loadSnapshot(uint64_t handle);
// A snapshot in FCEUX's format; empty if the handle is unknown.
std::string snapshotBytes(uint64_t handle);
bool hasSnapshot(uint64_t handle);
void freeSnapshot(uint64_t handle);

// A hash of the machine as it is now, without the picture and the movie.
uint64_t machineHash();

}  // namespace headless
