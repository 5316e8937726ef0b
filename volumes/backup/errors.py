"""The error of this package."""


class BackupError(Exception):
    """A backup cannot be made or restored. The message is one line, with the cure."""
