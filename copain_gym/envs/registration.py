"""The environments' ids. They are registered when this module is imported."""

from __future__ import annotations

from typing import Any

import gymnasium

__all__ = ["ENVS", "register_envs"]

ENVS: dict[str, dict[str, Any]] = {
    "copain/Hirondelle-v0": {"game": "hirondelle"},
    "copain/Gradius-v0": {"game": "gradius"},
    # As stable-retro's own environments are by default. The game must be named.
    "copain/Retro-v0": {
        "game": "",
        "obs_type": "rgb",
        "action_set": "multi_binary",
        "frame_skip": 1,
    },
}
"""Environment ids and their arguments."""


def register_envs() -> None:
    """Register all environments with Gymnasium."""
    for env_id, kwargs in ENVS.items():
        if env_id not in gymnasium.registry:
            gymnasium.register(
                env_id,
                entry_point="copain_gym.envs.nes_env:NesEnv",
                vector_entry_point="copain_gym.vector.nes_vector_env:NesVectorEnv",
                kwargs=kwargs,
            )


register_envs()
