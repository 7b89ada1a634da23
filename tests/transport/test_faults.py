"""Over shared memory, crashes, hangs and orphans are reported as they are over ZeroMQ."""

from __future__ import annotations

from pathlib import Path

import pytest

from copain_gym import Emulator, EmulatorCrashed
from tests.conftest import Traces
from tests.emulator import test_emulator as behaviour
from tests.emulator import test_faults as faults
from tests.emulator import test_savestate as savestates


@pytest.fixture(autouse=True)
def transport(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPAIN_TRANSPORT", "shm")


def reuse(module: object, *names: str) -> dict[str, object]:
    return {name: getattr(module, name) for name in names}


# The same tests, run with the fixture above.
globals().update(
    reuse(
        faults,
        "test_killed_emulator_is_reported_within_a_second",
        "test_kill_in_the_middle_of_a_step",
        "test_hung_emulator_is_reported_and_ended",
        "test_no_emulator_outlives_python",
        "test_python_killed_in_the_middle_of_a_step",
        "test_many_starts_leave_nothing_behind",
        "test_interrupt_in_a_request_leaves_nothing_running",
        "test_refused_handshake",
        "test_fceux_that_ends_at_once",
        "test_fceux_that_never_connects",
    )
)
playing = savestates.playing
globals().update({n: f for n, f in vars(savestates).items() if n.startswith("test_")})
globals().update(
    {n: f for n, f in vars(behaviour).items() if n.startswith("test_") and "window" not in n}
)


def test_the_fixture_is_in_force(engine: str) -> None:
    with Emulator(engine=engine) as emulator:
        assert emulator._client.transport.endpoint.startswith("shm://")


def test_second_emulator_is_refused(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, traces: Traces
) -> None:
    """An emulator that is sent to a mailbox in use reports it and leaves."""
    with Emulator(engine="headless", endpoint=f"shm://{tmp_path}/mailbox") as first:
        script = tmp_path / "fceux"
        script.write_text(
            f"#!/bin/sh\nCOPAIN_ENDPOINT=shm://{tmp_path}/mailbox exec "
            f'{first._client.process.command[0]} --rom "{first.rom.path}" --lua '
            f'"$COPAIN_LUA_DIR/bridge.lua"\n'
        )
        script.chmod(0o755)
        monkeypatch.setenv("COPAIN_FCEUX", str(script))
        with pytest.raises(EmulatorCrashed, match="another emulator is attached"):
            Emulator(engine="fceux", endpoint=f"shm://{tmp_path}/other")
        assert first.step(frames=2).shape == (2048,)
    assert not list((tmp_path / "homes").iterdir())
