"""XML as strangers write it: what is read, repaired, and refused."""

import time

import pytest

from bot.errors import ListingMalformed
from bot.listings import markup
from bot.listings.arxiv import rss

ITEM = (
    "<item><guid>oai:arXiv.org:2501.0000{n}v1</guid><title>{title}</title><description>x</description></item>"
)


def feed(*titles: str, head: str = "") -> str:
    items = "".join(ITEM.format(n=n, title=title) for n, title in enumerate(titles, start=1))
    return f"{head}<rss><channel><title>t</title>{items}</channel></rss>"


def titles(data: bytes) -> list[str]:
    return [paper.title for paper in rss.parse(data).papers]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("A & B", "A & B"),
        ("AT&T", "AT&T"),
        ("A &amp; B", "A & B"),
        ("A &nbsp;&eacute; B", "A \xa0é B"),
        ("A &unknown; B", "A &unknown; B"),
        ("A &#233; &#xE9; &#XE9; B", "A é é é B"),
        ("A &#0;&#x1f;&#xD800;&#xFFFFFFF; B", "A  B"),
        ("<![CDATA[A & B &amp; <i>C</i>]]>", "A & B &amp; <i>C</i>"),
        ("A\x00\x08\x1b B", "A B"),
        ("A &LT; B", "A < B"),
        ("&", "&"),
        ("&&amp;&", "&&&"),
    ],
)
def test_ampersands_entities_and_forbidden_characters(written, read):
    assert titles(feed(written).encode()) == [read]


@pytest.mark.parametrize(
    ("charset", "declared"),
    [
        ("utf-8", ""),
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16"),
        ("utf-16-be", "utf-16"),
        ("utf-32", "utf-32"),
        ("latin-1", "iso-8859-1"),
        ("cp1252", "windows-1252"),
        ("latin-1", "utf-8"),  # a lie
        ("latin-1", ""),
        ("utf-8", "utf-16"),  # another
        ("utf-8", "utf-7"),
        ("utf-8", "zip"),
        ("utf-8", "no-such-charset"),
    ],
)
def test_charsets_declared_undeclared_and_wrongly_declared(charset, declared):
    head = f"<?xml version='1.0' encoding='{declared}'?>" if declared else "<?xml version='1.0'?>"
    assert titles(feed("Schölkopf", head=head).encode(charset)) == ["Schölkopf"]


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE rss [<!ENTITY a "b">]>',
        '<!doctype rss [<!ENTITY a "b">]>',
        "<!DOCTYPE rss []>",
        '<!DOCTYPE rss SYSTEM "http://x/[" [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
        '<!-- <rss> --><!DOCTYPE rss [<!ENTITY a "b">]>',
        '<?x <rss> ?>\n<!DOCTYPE rss [<!ENTITY a "b">]>',
        '<!DOCTYPE rss><!DOCTYPE rss [<!ENTITY a "b">]>',
        "<!DOCTYPE rss " + "x" * 10_000,
    ],
)
def test_a_document_with_declarations_of_its_own_is_refused(doctype):
    with pytest.raises(ListingMalformed, match="DTD|DOCTYPE"):
        titles(feed("&a;", head=doctype).encode())


@pytest.mark.parametrize(
    "head",
    [
        "<!DOCTYPE rss>",
        '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://my.netscape.com/rss-0.91.dtd">',
        "\n\n  ",
        "Warning: mysql_connect() in /var/www\n",
        'garbage <!DOCTYPE rss [<!ENTITY a "b">]>',
        "<?xml version='1.0'?><!-- <!DOCTYPE x [ --><?php x ?>",
    ],
)
def test_a_bare_prolog_and_garbage_before_the_feed_never_reach_a_parser(head):
    data = feed("A", head=head).encode()
    assert markup.clean(data).startswith(b"<rss>")
    assert titles(data) == ["A"]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"<html><body>Sign in</body></html>", "web page"),
        (b"<!DOCTYPE html>\n<html>", "web page"),
        (b"<HTML>", "web page"),
        (b"just words", "no XML"),
        (b"[1, 2]", "no XML"),
        (b"\x00" * 1000, "no XML"),
        (b"\x1f\x8b\x08\x00", "no XML"),
        (b"<?xml version='1.0'?>", "no XML"),
        (b"<a " + b" ".join(b'a%d="1"' % n for n in range(201)) + b"/>", "attributes"),
        (b"x" * (markup.LARGEST + 1), "12 MB"),
        (b"<a/>", "no announcement feed"),
    ],
)
def test_what_is_no_feed_is_named(data, word):
    with pytest.raises(ListingMalformed, match=word):
        rss.parse(data)


@pytest.mark.parametrize(
    "data",
    [
        b"<rss>" * 100_000,
        b"<a>" * 1_000_000,
        b"<rss><channel>" + b"&" * 4_000_000,
        b"<rss><channel><item><title>" + b"<![CDATA[" * 400_000,
        b"<rss>" + b"<!--" * 1_000_000,
        b"<rss a='" + b"x" * 8_000_000,
        b"<?" * 2_000_000,
        b"<!--" * 1_000_000,
        b"<rss>" + b"&a" * 2_000_000,
        b"<rss>" + b"<![CDATA[a]]>" * 100_000,
        b"<rss>" + b"<!--a-->" * 100_000,
        b"<rss " + b"a='b' " * 500_000,
        b"<rss>" + b"\xff" * 4_000_000,
    ],
    ids=lambda data: repr(data[:12]),
)
def test_costly_shapes_take_no_time(data):
    begun = time.process_time()  # the processor's seconds: a busy machine makes nothing slower
    with pytest.raises(ListingMalformed):
        rss.parse(data)
    assert time.process_time() - begun < 10  # a tenth of a second mostly; what is quadratic takes a minute


def test_a_feed_that_breaks_off_keeps_its_whole_items_and_says_so():
    data = feed("A", "B", "C").encode()
    page = rss.parse(data[: data.rindex(b"<description>")])
    assert [paper.title for paper in page.papers] == ["A", "B"]
    assert page.damaged
    assert page.skipped == 1


def test_a_bad_row_costs_itself_only():
    data = feed("A", "B", "C").replace("2501.00002v1", "no id").encode()
    page = rss.parse(data)
    assert [paper.title for paper in page.papers] == ["A", "C"]
    assert page.skipped == 1
    assert "no id" in page.problems[0]


def test_no_more_than_two_thousand_items_are_read():
    item = ITEM.format(n=1, title="A")
    page = rss.parse(f"<rss><channel>{item * 2_100}</channel></rss>".encode())
    assert (len(page.papers), page.skipped, page.rows) == (2_000, 100, 2_100)


def test_an_entity_in_a_cdata_section_stays_as_it_was_written():
    assert titles(feed("<![CDATA[&#0; & ]]>").encode()) == ["&#0; &"]
