"""The television system of a ROM, for files that do not say it.

FCEUX guesses it from the file's name, so a renamed copy would run at another speed. Here only the
content of the file decides: a region that the ROM store has recorded for it, the region in its
header, or the region of the known game.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

from copain_gym.errors import FileError, RomError
from copain_gym.files import read_file, write_file
from copain_gym.roms.contents import Region

__all__ = ["REGIONS", "record_region", "recorded_regions", "region_of_name"]

REGIONS: tuple[Region, ...] = get_args(Region)

_FILE = "regions.json"  # in the store: SHA-1 of the content -> region
_LARGEST = 4 << 20  # bytes
_PAL = frozenset(
    (
        *("e", "f", "g", "i", "pal", "europe", "france", "germany", "italy", "spain", "sweden"),
        *("uk", "australia", "netherlands", "scandinavia", "denmark", "finland", "norway"),
    )
)
_NTSC = frozenset(
    ("u", "j", "w", "ju", "ue", "usa", "japan", "world", "ntsc", "korea", "canada", "taiwan")
)


def region_of_name(name: str) -> Region | None:
    """The region in the name of a dump, such as `Merle (France).nes`; None if there is none."""
    words = {
        word.strip().lower()
        for group in re.findall(r"\(([^()]*)\)", name)
        for word in group.split(",")
    }
    if words & _NTSC:  # a dump for several regions runs in NTSC
        return "NTSC"
    return "PAL" if words & _PAL else None


def recorded_regions(store: Path) -> dict[str, Region]:
    """The regions that the store has recorded, by the SHA-1 of the ROM's content.

    Raises:
        RomError: the record is damaged.
    """
    file = store / _FILE
    if not file.exists():
        return {}
    try:
        found = json.loads(read_file(file, _LARGEST))
        if not isinstance(found, dict) or not set(found.values()) <= set(REGIONS):
            raise ValueError("it is not a JSON object whose values are regions")
    except (FileError, ValueError, TypeError, RecursionError) as error:
        raise RomError(
            f"the record of the ROMs' regions {file} is damaged: {error}; remove it, and import "
            f"the ROMs again"
        ) from None
    return found


def record_region(store: Path, sha1: str, region: Region) -> None:
    """Record a ROM's region in the store.

    Raises:
        RomError: the record is damaged, or cannot be written.
    """
    regions = recorded_regions(store)
    if regions.get(sha1) == region:
        return
    text = json.dumps({**regions, sha1: region}, indent=1, sort_keys=True) + "\n"
    try:
        write_file(store / _FILE, text.encode())
    except FileError as error:
        raise RomError(f"the ROM store {store} cannot be written: {error}") from error
