"""The inputs from power-on, under the name of the package that works with them."""

from copain_gym.inputs import Entry, Hold, InputLog, Player, Poke, Reset

__all__ = ["Entry", "Hold", "InputLog", "Player", "Poke", "Reset"]
