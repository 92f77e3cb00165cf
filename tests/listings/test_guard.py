"""No address a user gives reaches anything but the public web: over 60 spellings, three ways each, 0 sockets."""

import ipaddress
import sys

import pytest
from aiohttp import web

from bot.errors import ListingUnavailable
from bot.listings.fetch import Fetcher
from bot.listings.guard import REFUSAL, Allowed, is_public
from bot.listings.politeness import LocalLimiter

SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "127.255.255.254",
    "127。0。0。1",
    "127.0.0.1",
    "①②⑦.⓪.⓪.①",
    "0",
    "0.0.0.0",
    "0.1.2.3",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "ⓛocalhost",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::a00:1]",
    "[2002:7f00:1::]",
    "[2002:a00:1::1]",
    "[2001:0:7f00:1::]",
    "[2001::1]",
    "[::ffff:0:127.0.0.1]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fec0::1]",
    "[ff02::1]",
    "[ff0e::1]",
    "[100::1]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[5f00::1]",
    "10.0.0.1",
    "10.255.255.255",
    "167772161",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.0.1",
    "192.168.1.254",
    "3232235521",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "169.254.170.2",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "93.184.216.34:22",
    "93.184.216.34:6379",
    "93.184.216.34:8080",
    "user@93.184.216.34",
    "user:secret@93.184.216.34",
    "no-such-name.invalid",
    "",
]


class _Dialled:
    """Counts what this process asks the kernel to connect to, by an audit hook."""

    def __init__(self) -> None:
        self.on = False
        self.addresses: list[object] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple) -> None:
        if self.on and event == "socket.connect":
            self.addresses.append(arguments[1])


@pytest.fixture(scope="session")
def hook() -> _Dialled:
    return _Dialled()


@pytest.fixture
def dialled(hook):
    hook.addresses.clear()
    hook.on = True
    yield hook.addresses
    hook.on = False


def test_the_table_is_long_enough():
    assert len(set(SPELLINGS)) >= 60


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_direct(fetcher, dialled, spelling):
    with pytest.raises(ListingUnavailable) as caught:
        await fetcher.get(f"http://{spelling}/feed", guarded=True)
    assert str(caught.value) == REFUSAL
    assert dialled == []


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_by_redirect(fetcher, host, dialled, spelling):
    async def answer(request):
        assert request.transport is not None
        request.transport.write(f"HTTP/1.1 302 Go\r\nLocation: http://{spelling}/feed\r\n\r\n".encode())
        request.transport.close()
        return web.Response()

    host.answer = answer
    with pytest.raises(ListingUnavailable):
        await fetcher.get(host.url)
    assert {address[1] for address in dialled} == {int(host.url.rpartition(":")[2])}


@pytest.mark.parametrize(
    "spelling", [text for text in SPELLINGS if ":" not in text.strip("[]") or "[" in text]
)
async def test_by_a_name_that_changes_its_answer(clock, dialled, spelling):
    """Public at the first look and forbidden at the second, and a forbidden one among public ones."""
    try:
        forbidden = str(ipaddress.ip_address(spelling.strip("[]").replace("%25", "%")))
    except ValueError:
        forbidden = "127.0.0.1"
    answers = [["93.184.216.34", forbidden], [forbidden], [forbidden, "93.184.216.34"]]

    async def resolve(host, port):
        return answers.pop(0)

    fetcher = Fetcher(clock=clock, limiter=LocalLimiter(clock), resolve=resolve)
    for _ in range(3):
        with pytest.raises(ListingUnavailable) as caught:
            await fetcher.get("http://feeds.example/", guarded=True)
        assert str(caught.value) == REFUSAL
    assert answers == []
    assert dialled == []
    await fetcher.aclose()


async def test_the_checked_address_is_the_one_dialled_under_its_own_name(clock, host, dialled):
    """The control: with the wall opened for it, the same fetch arrives, so the tests above are not blind."""
    port = int(host.url.rpartition(":")[2])
    looks = []

    async def resolve(name, port):
        looks.append(name)
        return ["127.0.0.1"]

    async def answer(request):
        return web.Response(body=request.host.encode())

    host.answer = answer
    fetcher = Fetcher(clock=clock, limiter=LocalLimiter(clock), resolve=resolve)
    allowed = Allowed.read([f"feeds.lab.example:{port}"])
    answer = await fetcher.get(f"http://feeds.lab.example:{port}/", guarded=True, allowed=allowed)
    assert answer.body == f"feeds.lab.example:{port}".encode()
    assert looks == ["feeds.lab.example"]
    assert dialled == [("127.0.0.1", port)]
    await fetcher.aclose()


async def test_no_proxy_dials_for_a_guarded_fetch(clock, host, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, host.url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")

    async def resolve(name, port):
        return ["127.0.0.1"]

    fetcher = Fetcher(clock=clock, limiter=LocalLimiter(clock), resolve=resolve)
    with pytest.raises(ListingUnavailable, match="cannot be read"):
        await fetcher.get("http://feeds.example/", guarded=True)
    assert not host.asked
    await fetcher.aclose()


@pytest.mark.parametrize("text", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2001:4860:4860::8888"])
def test_the_public_web_is_public(text):
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "text",
    ["224.0.0.1", "ff0e::1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fec0::1", "192.88.99.1"],
)
def test_what_python_calls_global_and_is_not(text):
    assert not is_public(ipaddress.ip_address(text))


def test_the_operator_opens_names_names_with_ports_and_networks():
    allowed = Allowed.read(["feeds.lab.example", "Wiki.lab.example:8080", "10.1.0.0/16", "fd00::/8", " ", ""])
    assert allowed.host("FEEDS.lab.example.", 1234)
    assert allowed.host("wiki.lab.example", 8080)
    assert not allowed.host("wiki.lab.example", 80)
    assert not allowed.host("evil.feeds.lab.example", 80)
    assert allowed.address(ipaddress.ip_address("10.1.2.3"))
    assert allowed.address(ipaddress.ip_address("fd12::1"))
    assert not allowed.address(ipaddress.ip_address("10.2.0.1"))


@pytest.mark.parametrize("entry", ["10.0.0.0/99", "a:b", ":80", "http://x/"])
def test_an_entry_that_opens_nothing_is_an_error(entry):
    with pytest.raises(ValueError, match="neither"):
        Allowed.read([entry])
