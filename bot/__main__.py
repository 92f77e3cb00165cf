"""``python -m bot`` is the command ``pigeon``. A start that fails says one sentence and an exit code."""

from __future__ import annotations

import os
import sys

from bot.errors import PigeonError, StopRequested


def main() -> None:
    """Run the command line.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a check found faults, 69 something needed is not there
    (the store, a second run), 78 a wrong setting (the numbers of sysexits.h).
    """
    from bot.cli import app  # noqa: PLC0415 - what this imports is what `pigeon --help` waits for

    try:
        app(prog_name="pigeon")
    except StopRequested:
        sys.exit(0)
    except PigeonError as error:
        print(f"pigeon: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # Whoever read our output has gone (`pigeon list | head`): not a failure, and nothing more to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


if __name__ == "__main__":
    main()
