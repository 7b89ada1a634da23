"""ROMs: reading, recognising and keeping them."""
