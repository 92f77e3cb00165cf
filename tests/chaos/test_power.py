"""Power loss: with ``always`` nothing that was acknowledged is lost; with ``everysec`` about a second may be."""

import sys
from pathlib import Path

import pytest

from tests.chaos.power import Loss, compiler, cuts

pytestmark = pytest.mark.skipif(
    compiler() is None or not sys.platform.startswith("linux"),
    reason="what is on the disk is noted by a small C library, and this machine has no compiler for it",
)


def told(found: Loss) -> Loss:
    sys.stdout.write(f"{found}\n")
    return found


@pytest.mark.timeout(120)
def test_always_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    found = told(cuts(tmp_path, fsync="always", count=5, seed=1))
    assert found.acknowledged > 100
    assert found.lost == 0
    assert found.half == 0


@pytest.mark.timeout(120)
def test_everysec_loses_what_was_not_yet_on_the_disk_and_no_half_of_anything(tmp_path: Path) -> None:
    """Also the proof that the cut takes something away."""
    found = told(cuts(tmp_path, fsync="everysec", count=3, seed=1))
    assert found.lost > 0
    assert found.half == 0


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_hundred_cuts(tmp_path: Path) -> None:
    found = told(cuts(tmp_path, fsync="always", count=100, seed=2))
    assert found.lost == 0
    assert found.half == 0
