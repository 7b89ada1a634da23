"""ROMs: reading, identifying and storing them."""
