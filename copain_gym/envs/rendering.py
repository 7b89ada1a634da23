"""What an environment says of its render modes."""

from __future__ import annotations

from typing import Any, get_args

from copain_gym.bridge.screen import NTSC_FPS
from copain_gym.engines.display import why_no_display
from copain_gym.envs.options import EnvOptions, RenderMode

__all__ = ["RENDER_METADATA", "render_metadata"]

RENDER_METADATA = {"render_modes": list(get_args(RenderMode)), "render_fps": round(NTSC_FPS)}
"""Of all environments: a step of one frame."""


def render_metadata(options: EnvOptions) -> dict[str, Any]:
    """Render modes and frames per second of one environment, for its `metadata`.

    `human` is missing where no display is found. `render_fps` counts steps; it is rounded, because
    `gymnasium.utils.play` and some video writers take integers only.
    """
    modes = [mode for mode in get_args(RenderMode) if mode != "human" or why_no_display() is None]
    return {
        "render_modes": modes,
        "render_fps": max(1, round(NTSC_FPS / options.mean_frame_skip)),
    }
