"""Feeds that a workspace gave in chat: their items are on its own pages, and on nobody else's."""

from tests.core import ML
from tests.feeds.test_given import host, item, site
from tests.web.conftest import Browser, browser_of, elsewhere, shown

__all__ = ["host", "site"]


async def test_what_a_workspace_gave_is_on_its_own_page_and_not_on_the_one_for_everybody(site):
    core = site.core
    await core.subscribe("zanzibar", name="mine")
    await site.give()
    await site.poll()
    await site.brings(item(3, "Zanzibar robots"))
    assert len(await core.store.deliveries.posted(ML)) == 1
    browser: Browser = await browser_of(core)
    assert "Zanzibar robots" in shown(await browser.get(await browser.page()))
    assert "Zanzibar robots" in (await browser.get((await browser.feeds())["1 · mine"])).body
    for address in (
        "/?q=zanzibar&days=30",
        "/?q=robots&days=30",
        f"/?q=source:{site.name}&days=30",
        "/metrics",
        "/ready",
    ):
        body = (await browser.get(address)).body
        assert "Zanzibar robots" not in body, address
        assert "The Lab" not in body, address
        assert site.host.url not in body, address
    assert "Zanzibar" not in (await browser.get(await browser.page(elsewhere()))).body
    await browser.site.close()
