"""Search for inputs: loop functions in several emulators, brute force, random inputs."""
