"""Search for inputs: problems, algorithms, and older loop functions in several emulators."""

from __future__ import annotations

from copain_gym.search.algorithm import Algorithm
from copain_gym.search.files import find_problem
from copain_gym.search.problem import Press, Problem
from copain_gym.search.progress import Progress
from copain_gym.search.search import Result, Search

__all__ = ["Algorithm", "Press", "Problem", "Progress", "Result", "Search", "find_problem"]
