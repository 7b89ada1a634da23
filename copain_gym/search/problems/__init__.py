"""The problems that come with the package: each module defines `PROBLEM`."""
