"""``python -m tests.chaos``: one run, one line of figures; the exit code says whether the promise held."""

from __future__ import annotations

import argparse
import sys

from tests.chaos.harness import Run
from tests.chaos.naive import PROTOCOLS

PLATFORMS = ("discord", "slack", "plain", "nonce")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--platform", choices=PLATFORMS, default="discord")
    parser.add_argument("--protocol", choices=list(PROTOCOLS), default="ours")
    parser.add_argument("--points", type=int, default=60, help="kills")
    parser.add_argument("--stops", type=int, default=10, help="pauses past the lease")
    parser.add_argument("--deliveries", type=int, default=1200)
    parser.add_argument("--channels", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="leave logs and store where they are")
    asked = parser.parse_args()
    run = Run(
        platform=asked.platform,
        protocol=asked.protocol,
        points=asked.points,
        stops=asked.stops,
        deliveries=asked.deliveries,
        channels=asked.channels,
        seed=asked.seed,
        keep=asked.keep,
    )
    figures = run.go()
    sys.stdout.write(f"{figures}\n")
    if asked.keep:
        sys.stderr.write(f"{run.folder}\n")
    return int(bool(figures.lost or figures.duplicates or figures.stuck))


if __name__ == "__main__":
    sys.exit(main())
