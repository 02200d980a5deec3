"""What stops a start and is for the operator to mend; shown as its message, never as a traceback."""

MISCONFIGURED = 78  # EX_CONFIG of sysexits.h: starting again would not help


class LaunchError(Exception):
    """Says what is wrong and how to mend it."""

    def __init__(self, message: str, *, code: int = 1) -> None:
        super().__init__(message)
        self.code = code if code > 0 else 1
