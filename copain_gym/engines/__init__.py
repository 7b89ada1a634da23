"""Which emulators there are: how they are found, built, checked and started."""
