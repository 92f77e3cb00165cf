"""What the Discord tests share."""

from __future__ import annotations

import pytest

from tests.peers import discord_contract


@pytest.fixture
def contract() -> discord_contract.Contract:
    """Discord's OpenAPI file in its strict form."""
    found = discord_contract.load()
    if found is None:
        pytest.skip("Discord's OpenAPI file is not here; set PIGEON_CONTRACTS to the folder that has it")
    return found
