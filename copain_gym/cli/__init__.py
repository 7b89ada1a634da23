"""The `copain` command."""
