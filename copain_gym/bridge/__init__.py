"""Python's side of the bridge: transports, the protocol, savestates, pictures."""
