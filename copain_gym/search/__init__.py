"""Search: loops over several emulators that look for good inputs."""
