"""Each framework as its own documentation uses it. `make torture` runs these tests.

They need the extra `frameworks`. What is not installed is an error here, not a skip.
"""

from __future__ import annotations

import pytest
import torch

import copain_gym  # noqa: F401 - registers the environments


def pytest_configure(config: pytest.Config) -> None:
    for line in ("ignore", "error:::copain_gym"):  # what the libraries warn of is their own affair
        config.addinivalue_line("filterwarnings", line)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """PyTorch's threads would wait for each other on a busy machine."""
    torch.set_num_threads(1)
