"""Pictures that the emulator scales down are those that Python scales down."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from copain_gym import LuaError
from copain_gym.emulator import PooledEmulator
from copain_gym.envs.pictures import Scaler
from copain_gym.vector import NesVectorEnv


@pytest.mark.parametrize(
    "size", [(84, 84), (60, 64), (1, 1), (240, 256), (239, 255), (7, 200), (96, 96)]
)
def test_same_bytes(engine: str, size: tuple[int, int]) -> None:
    with PooledEmulator(engine=engine) as emulator:
        emulator.shrink_pictures(*size)
        scale = Scaler(size)
        for held, frames in (("start", 40), (0, 60), ("start", 5), ("A+right", 90)):
            state = emulator.save_state()
            emulator.send_step(held, frames, small=True)
            emulator.receive_step()
            small = emulator.small_screen()
            emulator.send_step(held, frames, screen=True, load=state)
            emulator.receive_step()
            whole = emulator.screen(grey=True)
            assert whole.any() or frames == 5
            np.testing.assert_array_equal(small, scale(whole[None, ..., None])[0, ..., 0])


@pytest.fixture
def emulator(engine: str) -> Iterator[PooledEmulator]:
    with PooledEmulator(engine=engine) as running:
        yield running


def test_not_asked_for(emulator: PooledEmulator) -> None:
    with pytest.raises(ValueError, match="no small picture was fetched"):
        emulator.small_screen()
    emulator.send_step(small=True)
    with pytest.raises(LuaError, match="shrink_pictures must be called before"):
        emulator.receive_step()
    with pytest.raises(LuaError, match=r"height of pictures is 241; it must be .* 1 to 240"):
        emulator.shrink_pictures(241, 10)
    with pytest.raises(LuaError, match=r"width of pictures is 0; it must be .* 1 to 256"):
        emulator.shrink_pictures(10, 0)
    assert emulator.step().shape == (2048,)


def test_whole_pictures_are_still_there(emulator: PooledEmulator) -> None:
    emulator.shrink_pictures(84, 84)
    emulator.send_step(frames=30, small=True)
    emulator.receive_step()
    assert emulator.small_screen().shape == (84, 84)
    assert emulator.screen().shape == (240, 256, 3)


def test_pool_renders_whole_pictures(engine: str) -> None:
    """One lane is shown, and all see the same small pictures."""
    envs = NesVectorEnv(
        num_envs=2,
        engine=engine,
        obs_type="grayscale",
        screen_size=(84, 84),
        render_mode=["rgb_array", None],
    )
    observations, _ = envs.reset(seed=1)
    for _ in range(5):
        np.testing.assert_array_equal(observations[0], observations[1])
        assert observations.shape == (2, 84, 84, 1)
        pictures = envs.render()
        assert pictures is not None
        assert pictures[0].shape == (240, 256, 3)
        observations, *_ = envs.step(np.array([3, 3]))
    envs.close()
