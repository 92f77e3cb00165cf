"""The terminal answers what chat answers."""

import json
import subprocess
import sys

import pytest

from bot.cli.asking import query_of


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["diffusion", "-survey"], "diffusion -survey"),
        (["world model", "-survey"], '"world model" -survey'),
        (["diffusion", "-world model"], 'diffusion -"world model"'),
        (["author:Sergey Levine"], 'author:"Sergey Levine"'),
        (["robot", "-author:Sergey Levine"], 'robot -author:"Sergey Levine"'),
        (["diffusion (policy OR planning)"], "diffusion (policy OR planning)"),
        (["diffusion -survey"], "diffusion -survey"),
        (["a OR b", "c"], "a OR b c"),
        (['"world model"', "agents"], '"world model" agents'),
        (["cat:cs.CL diffusion", "x"], "cat:cs.CL diffusion x"),
    ],
)
def test_the_quotes_that_the_shell_took_are_put_back(words, meant):
    assert query_of(words) == meant


def test_preview_takes_words_with_a_minus(pigeon):
    pigeon.papers("Diffusion for Robots", "A Survey of Diffusion", "Something Else")
    answer = pigeon("preview", "diffusion", "-survey", "--days", "3")
    assert answer.code == 0
    assert "1 of 3 papers" in answer.out
    assert "Diffusion for Robots" in answer.out
    best, _, missed = answer.out.partition("ust missed")
    assert "A Survey" not in best
    assert "A Survey" in missed


def test_a_filter_that_cannot_be_read_is_one_sentence_on_standard_error(pigeon):
    answer = pigeon("preview", "diffusion (policy")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith("pigeon: I can't read the query")
    assert answer.err.count("\n") == 1


def test_preview_writes_the_very_cards_as_one_page(pigeon):
    pigeon.papers("Diffusion <for> Robots")
    answer = pigeon("preview", "diffusion", "--html", "out.html")
    page = (pigeon.folder / "out.html").read_text()
    assert answer.code == 0
    assert "out.html" in answer.err
    assert "Diffusion &lt;for&gt; Robots" in page
    assert 'class="card paper' in page
    assert 'class="card reply' in page
    assert "src=" not in page


def test_a_page_that_cannot_be_written_is_a_sentence(pigeon):
    pigeon.papers("Diffusion")
    answer = pigeon("preview", "diffusion", "--html", "nowhere/out.html")
    assert answer.code == 1
    assert "nowhere/out.html cannot be written" in answer.err


def test_search_finds_a_paper(pigeon):
    pigeon.papers("Diffusion for Robots", "Something Else")
    answer = pigeon("search", "robots")
    assert "Diffusion for Robots" in answer.out
    assert "Something Else" not in answer.out


def test_list_shows_one_workspace_only(pigeon):
    pigeon.subscribe("discord/10/20", "mamba")
    pigeon.subscribe("slack/T1/C1", "diffusion")
    here = pigeon("list", "--workspace", "discord/10")
    assert "mamba" in here.out
    assert "diffusion" not in here.out
    assert "No subscriptions" in pigeon("list").out


def test_the_operator_is_not_shown_what_people_get_by_direct_message(pigeon):
    pigeon.subscribe("discord/10/@7", "private")
    assert "private" not in pigeon("list", "--workspace", "discord/10").out


def test_a_workspace_that_is_none_is_refused(pigeon):
    answer = pigeon("list", "--workspace", "irc/x")
    assert answer.code == 1
    assert "discord" in answer.err


def test_explain_and_status_answer(pigeon):
    pigeon.papers("Diffusion for Robots")
    pigeon.subscribe("console/local/robotics", "mamba")
    explained = pigeon("explain", "2401.10000")
    assert explained.code == 0
    assert "mamba" in explained.out
    assert "not asked yet" in pigeon("status").out


def test_a_paper_that_nobody_knows_exits_1(pigeon):
    answer = pigeon("explain", "2401.99999")
    assert (answer.code, answer.out) == (1, "")


def test_a_store_that_is_not_there_exits_69_with_one_sentence(pigeon, monkeypatch):
    monkeypatch.setenv("PIGEON_REDIS_URL", "redis://127.0.0.1:1/0")
    answer = pigeon("list")
    assert (answer.code, answer.out) == (69, "")
    assert answer.err.startswith("pigeon: ")
    assert "Traceback" not in answer.err


def test_a_reader_that_goes_away_is_no_failure(pigeon):
    for number in range(40):
        pigeon.subscribe("discord/10/20", f"topic{number}")
    done = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m bot subs list --json | head -c 10'],
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    assert len(done.stdout) == 10


def test_without_any_bot_the_embedded_store_is_opened_for_the_command(bare):
    assert json.loads(bare("subs", "list", "--json").out) == []
    assert (bare.folder / ".pigeon" / "valkey").is_dir()
