"""`copain completion`."""

from __future__ import annotations

from typing import Literal

__all__ = ["completion"]


def completion(shell: Literal["bash", "zsh", "fish"], /) -> None:
    """Print a script that completes commands and options in a shell.

    - bash: `copain completion bash > ~/.local/share/bash-completion/completions/copain`
    - zsh: `copain completion zsh > DIRECTORY/_copain`, with a directory of your `fpath`
    - fish: `copain completion fish > ~/.config/fish/completions/copain.fish`

    Then start a new shell.

    Args:
        shell: The shell.
    """
    from copain_gym.cli.main import new_command_line

    print(new_command_line().generate_completion(shell=shell))
