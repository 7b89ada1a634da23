"""stable-retro's emulator and game data, in a process of their own: it allows one emulator only.

Run as a script it reads one JSON request from standard input and pickles its answer to a file.
"""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any


def ask(folder: Path, **request: Any) -> Any:
    """Run a request of this module's `main` and return its answer."""
    answer = folder / "answer.pickle"
    done = subprocess.run(
        [sys.executable, __file__],
        input=json.dumps({**request, "answer": str(answer)}),
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, f"stable-retro failed:\n{done.stderr}"
    with answer.open("rb") as file:
        return pickle.load(file)


BUTTONS = ["B", None, "SELECT", "START", "UP", "DOWN", "LEFT", "RIGHT", "A"]


def start(rom: str) -> Any:
    import stable_retro
    from stable_retro.data import init_core_info

    init_core_info(str(Path(stable_retro.__file__).parent / "cores"))
    return stable_retro.RetroEmulator(rom)


def press(emulator: Any, names: list[str]) -> None:
    import numpy as np

    mask = np.zeros(len(BUTTONS), np.uint8)
    for name in names:
        mask[BUTTONS.index(name.upper())] = 1
    emulator.set_button_mask(mask, 0)


def ram(data: Any) -> bytes:
    blocks = data.memory.blocks
    return b"".join(blocks[a] for a in sorted(blocks) if a < 0x800)


def trace(request: dict[str, Any]) -> dict[str, Any]:
    """Play `before`, save a state, play `after`: the state and the RAM before and after each."""
    from stable_retro.data import GameData

    emulator = start(request["rom"])
    data = GameData()
    emulator.configure_data(data)
    for names in request["before"]:
        press(emulator, names)
        emulator.step()
    state, rams = emulator.get_state(), [ram(data)]
    for names in request["after"]:
        press(emulator, names)
        emulator.step()
        rams.append(ram(data))
    return {"state": state, "rams": rams}


def decode(request: dict[str, Any]) -> dict[str, Any]:
    """What stable-retro makes of RAM images: variables, reward and end, for each integration."""
    from stable_retro.data import GameData

    emulator = start(request["rom"])
    images = [bytes.fromhex(image) for image in request["images"]]
    sram = [bytes.fromhex(image) for image in request["sram"]]
    found: dict[str, Any] = {}
    for name, folder in request["integrations"].items():
        scenario = Path(folder) / "scenario.json"
        data = GameData(
            data=f"{folder}/data.json", scenario=str(scenario) if scenario.is_file() else None
        )
        emulator.configure_data(data)
        emulator.step()
        needs_sram = name in request["with_sram"]
        steps = []
        for k, image in enumerate(images):
            for at in range(0, len(image), 4):
                data.memory.assign(at, "<u4", int.from_bytes(image[at : at + 4], "little"))
            for at in range(0, len(sram[k]) if needs_sram else 0, 4):
                word = int.from_bytes(sram[k][at : at + 4], "little")
                data.memory.assign(0x6000 + at, "<u4", word)
            if k == 0:
                data.reset()
            data.update_ram()
            steps.append((data.lookup_all(), data.current_reward(), data.is_done()))
        found[name] = steps
    return found


def main() -> None:
    request = json.load(sys.stdin)
    answer = {"trace": trace, "decode": decode}[request["what"]](request)
    with Path(request["answer"]).open("wb") as file:
        pickle.dump(answer, file)


if __name__ == "__main__":
    main()
