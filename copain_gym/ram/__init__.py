"""Finds variables in a console's RAM by what happened in a movie, and the code that writes them."""

from __future__ import annotations

from copain_gym.ram.search import Candidate, RamSearch
from copain_gym.ram.trace import Trace
from copain_gym.ram.writes import Write, find_writes

__all__ = ["Candidate", "RamSearch", "Trace", "Write", "find_writes"]
