"""What stops a start and is for the operator to mend; shown as its message, never as a traceback."""


class LaunchError(Exception):
    """Says what is wrong and how to mend it."""
