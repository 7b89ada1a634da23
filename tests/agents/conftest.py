"""What the tests of the agents share."""

from __future__ import annotations

import torch

torch.set_num_threads(1)  # as the scripts do: the emulators need the other cores
