"""Runs your own loop function in several emulators at once; see `copain_gym.search.run`."""

from copain_gym.search.run import CopainRun, Runner, RunnerError

__all__ = ["CopainRun", "Runner", "RunnerError"]
