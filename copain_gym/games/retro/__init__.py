"""Games of stable-retro's NES integrations."""
