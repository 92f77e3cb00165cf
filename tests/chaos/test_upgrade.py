"""This version and the next one side by side, as processes: nothing lost, nothing twice, and no way back past a schema."""

import sys

import pytest

from tests.chaos.upgrade import Upgrade


def whole(run: Upgrade) -> None:
    figures = run.go()
    sys.stdout.write(f"{run.line()}\n")
    assert (figures.lost, figures.duplicates, figures.stuck, figures.inversions) == (0, 0, 0, 0)
    assert run.of_next >= 2
    assert run.seen["next"] > 0 and run.seen["this"] > 0, "both had a part in it"


@pytest.mark.timeout(200)
def test_both_versions_read_what_the_other_queued_and_either_may_be_gone_back_to() -> None:
    run = Upgrade(step=False, deliveries=200, points=5)
    whole(run)
    assert not run.backups


@pytest.mark.timeout(200)
def test_the_first_process_of_a_newer_schema_saves_and_upgrades_the_store_under_the_others_feet() -> None:
    run = Upgrade(step=True, deliveries=200, points=3)
    whole(run)
    assert len(run.backups) == 1, "one process at a time upgrades the store, and once"
    assert run.backups[0] > 5, "with the subscriptions in it"
    code, _, said = run.refusal.partition(" ")
    assert code not in {"0", "1"}
    assert "written by a newer Paper Pigeon" in said and "Traceback" not in said
