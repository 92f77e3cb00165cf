"""Sources come in by entry points, cost nothing to look at, and the example of the docs works."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import web

from bot.plugins import sources

ROOT = Path(__file__).resolve().parents[2]


def test_ours_are_installed_and_only_two_are_on_by_default():
    found = sources()
    assert {name for name, plugin in found.items() if plugin.on_by_default} == {"huggingface", "arxiv"}
    for name, plugin in found.items():
        assert plugin.name == name
        if not plugin.on_by_default:
            assert not plugin.configured(plugin.settings()), f"{name} is to be off until it is configured"


def test_looking_at_the_plugins_loads_no_http_client_and_no_parser():
    code = (
        "import sys; from bot.plugins import sources; sources();"
        "sys.exit(','.join({'httpx', 'httpcore', 'lxml', 'structlog'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stderr.strip() == ""


def example() -> str:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/sources.md").read_text("utf-8"), re.DOTALL)
    return code


def test_the_example_is_as_short_as_it_is_said_to_be():
    assert len([line for line in example().splitlines() if line.strip()]) <= 40


async def test_the_example_of_the_docs_is_a_source(make, host, tmp_path, monkeypatch):
    (tmp_path / "lab_papers.py").write_text(example(), "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    import lab_papers

    async def answer(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304)
        rows = [{"doi": "10.1000/1", "title": "T", "summary": "S"}, {"title": "no DOI"}]
        return web.json_response({"papers": rows}, headers={"ETag": '"1"'})

    host.answer = answer
    (source,) = make(lab_papers.plugin, lab_papers.LabSettings(url=host.url))
    first = await source.fetch(None)
    assert [paper.id for paper in first.papers] == ["doi:10.1000/1"]
    assert first.skipped == 1
    assert (await source.fetch(first.cursor)).unchanged
    assert not lab_papers.plugin.configured(lab_papers.LabSettings())


@pytest.mark.parametrize("name", ["listings.md", "sources.md"])
def test_the_docs_name_every_source(name):
    text = (ROOT / "docs" / name).read_text("utf-8")
    assert all(plugin in text for plugin in sources())
