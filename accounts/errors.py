"""The errors that account services raise. Views and forms show their messages."""


class Refused(Exception):
    """A request that breaks a rule: the field ("" for none) and the reason in one sentence."""

    def __init__(self, field: str, message: str) -> None:
        self.field, self.message = field, message
        super().__init__(message)


class Throttled(Exception):
    """Too many failures. The next attempt is possible in `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"Too many failed tries. Wait {retry_after} seconds.")


class ExportRunning(Exception):
    """The person has another running download."""

    def __init__(self) -> None:
        super().__init__(
            "Another download of yours is still running. Wait until it has ended, then try again."
        )
