"""Python's side of the bridge: transports, the protocol, savestates and pictures."""
