"""Tool-assisted speedruns: inputs from power-on, movies, named states, videos.

`Movie` needs neither an emulator nor PyTorch.
"""

from copain_gym.tas.movie import Movie

__all__ = ["Movie"]
