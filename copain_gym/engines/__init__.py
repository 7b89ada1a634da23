"""The FCEUX engines: finding, building, checking and starting them."""
