"""The environments' ids. They are registered when `copain_gym` is imported."""

from __future__ import annotations

import gymnasium

__all__ = ["ENVS", "register_envs"]

ENVS = {"copain/Hirondelle-v0": "hirondelle"}
"""Environment ids and the games they play."""


def register_envs() -> None:
    """Register all environments with Gymnasium."""
    for env_id, game in ENVS.items():
        if env_id not in gymnasium.registry:
            gymnasium.register(
                env_id, entry_point="copain_gym.envs.nes_env:NesEnv", kwargs={"game": game}
            )
