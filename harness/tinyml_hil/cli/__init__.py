"""The command line: the same parts as the pytest plugin, one task at a time.

A module holds the commands of one subject; ``app`` says which.
"""

from __future__ import annotations

import signal
import sys

from tinyml_hil.cli.app import INTERRUPTED, TROUBLE, USAGE, app
from tinyml_hil.errors import HilError, UsageError

__all__ = ["app", "main"]


def main() -> None:
    """Runs the command line; a user's mistake is one message, never a traceback."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except HilError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(USAGE if isinstance(error, UsageError) else TROUBLE)
    except OSError as error:  # a full disk, a file that may not be written
        print(f"error: {error}", file=sys.stderr)
        sys.exit(TROUBLE)
