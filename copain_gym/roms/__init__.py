"""ROMs: reading, recognising and storing them."""
