"""An error that the user gets as one line instead of a traceback."""


class Failure(Exception):
    """The thing asked for failed; the text is the one line the user sees (exit code 1)."""
