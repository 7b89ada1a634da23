"""Emulators on other machines: the server of `copain serve` and its clients."""
