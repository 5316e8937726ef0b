"""The ways accounts say no."""


class Refused(Exception):
    """A wish that cannot be granted: the field at fault ("" for none), and why in a sentence."""

    def __init__(self, field: str, message: str) -> None:
        self.field, self.message = field, message
        super().__init__(message)


class Throttled(Exception):
    """Too many failures. The next try is looked at in `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"Too many failed tries. Wait {retry_after} seconds.")


class ExportRunning(Exception):
    """The person has another download under way."""

    def __init__(self) -> None:
        super().__init__(
            "Another download of yours is still running. Wait until it has ended, then try again."
        )
