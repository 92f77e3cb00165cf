"""Every key in the store, in one place.

A name in braces is a Cluster hash tag: keys that share it live in one slot, so that one script or
transaction may touch them all (https://valkey.io/topics/cluster-spec/). ``P/NN`` stands for a platform
and one of its sixteen shards; a workspace always falls into the same shard.

============================================  ======  =====================================================
key                                           type    holds
============================================  ======  =====================================================
``pp:{meta}:schema``                          string  the schema number of the whole store
``pp:{meta}:epoch``                           string  when this store was first used; missing = empty store
``pp:{papers}:paper:<id>``                    string  a Paper; expires when unseen for the retention
``pp:{papers}:alias:<id>``                    string  another id of a paper -> its canonical id
``pp:{papers}:title:<mark>``                  string  a title's mark -> the id of the paper first known by it
``pp:{papers}:vector:<id>``                   string  model, dimension and vector of a paper; expires as it does
``pp:{papers}:examples``                      hash    paper that a filter has as its example -> title, abstract
``pp:{papers}:by-time``                       zset    paper id by the moment it was first seen (ms)
``pp:{papers}:touched``                       zset    paper id by a number that counts up with each write
``pp:{papers}:shown``                         zset    paper id by when it last matched or was looked at (ms)
``pp:{papers}:wanted:<enricher>``             zset    paper id by when that enricher is to be asked (ms)
``pp:{papers}:of-feed:<feed>``                zset    id of a paper of a given feed by when it was first seen (ms)
``pp:{papers}:twins``                         zset    id that an item of a given feed names by when it was brought (ms)
``pp:{papers}:stream``                        stream  papers to match: new ones, and changes; group ``match``
``pp:{papers}:aside``                         hash    entry of that stream that could not be matched -> it, why and when
``pp:{papers}:cursor:<source>``               string  the source's bookmark
``pp:{papers}:fence:<source>``                string  the greatest fencing number of who polled it
``pp:{papers}:health:<source>``               hash    last success, last failure, its sentence, counts
``pp:{papers}:ledger:<source>``               hash    announcement day -> what was owed and brought; ``desk``: the rest
``pp:{papers}:ledgers``                       set     the sources that have a ledger
``pp:{subs}:numbers``                         hash    workspace -> the highest number given out
``pp:{subs}:of:<platform>/<workspace>``       hash    number -> Subscription, without what these say
``pp:{subs}:workspaces``                      set     every workspace that has subscriptions
``pp:{subs}:wake``                            zset    paused subscription by when its pause ends
``pp:{subs}:changes``                         stream  which subscription changed, for every index
``pp:{P/NN}:d:<key>``                         hash    one Delivery; ``r:<number>`` holds reasons
``pp:{P/NN}:lane:<destination>``              stream  deliveries that are due, in order; group ``send``
``pp:{P/NN}:lease:<destination>``             hash    who works on that lane: owner, fence, until
``pp:{P/NN}:ready``                           zset    workspace by when one of its lanes is next due
``pp:{P/NN}:ready:<workspace>``               zset    destination by when its lane is next due
``pp:{P/NN}:turns``                           hash    workspace -> when it last had its turn
``pp:{P/NN}:later``                           zset    delivery key by a due time that lies ahead
``pp:{P/NN}:pending:<subscription>``          zset    paper id by score: the digest being gathered
``pp:{P/NN}:digests``                         zset    subscription by when its digest is due
``pp:{P/NN}:closed``                          hash    subscription -> when its last digest was due
``pp:{P/NN}:blocked``                         hash    destination -> why it takes no cards, since when
``pp:{P/NN}:dead``                            zset    delivery key by when it was given up
``pp:{P/NN}:fence``                           string  counts up with each claim: the fencing number
``pp:{P/NN}:sent``                            zset    delivery key by when it was sent, for ``status``
``pp:{P/NN}:discussions:<workspace>``         hash    thread -> Discussion: its card, and the number on the button
``pp:{P/NN}:counting``                        zset    workspace by when the messages of its threads are counted next
``pp:{P/NN}:posted:<destination>``            zset    delivery key by when it was posted there: the latest ones
``pp:{P/NN}:outcomes``                        hash    ``sent``, ``dead``, ``unknown`` -> how many there ever were
``pp:{feeds}:of:<platform>/<workspace>``      hash    name -> a feed given in chat
``pp:{feeds}:addresses``                      hash    name -> address of every given feed that is read
``pp:{feeds}:givers:<feed>``                  set     the workspaces that gave it: its papers are theirs alone
``pp:prefs:<platform>/<workspace>[/channel]`` hash    settings that people made in chat
``pp:saved:<platform>/<workspace>/<person>``  hash    paper id -> when it was saved, under which tag
``pp:ratings:<platform>/<workspace>/<place>`` hash    paper and person -> what they said of it, and its text
``pp:draft:<token>``                          string  a command waiting for Confirm or Undo; expires
``pp:lease:<name>``                           hash    a role that one process at a time may have
``pp:turn:<family>``                          hash    whose turn it is at a family of hosts; until when none is
``pp:turns``                                  set     families of hosts that asked to be left alone
``pp:{limits}:<name>``                        string  a rate limit shared by all senders: when the next may go
``pp:{limits}:<name>:n``                      string  how many places of it were given out: the number of the last
``pp:{limits}:<name>:places``                 zset    its places in use, by number: when each is free again
``pp:shelf:<plugin>:<name>``                  string  a plugin's own small durable values
``pp:web:secret``                             string  what links to the web page are signed with
``pp:web:address``                            string  where the web page is served now; expires
``pp:web:feeds:<platform>/<workspace>/<who>`` hash    ``saved`` or subscription -> the secret part of its feed's address
``pp:web:feed:<hash>``                        string  the hash of that part -> whose feed it is, and of what
============================================  ======  =====================================================
"""

from __future__ import annotations

import zlib
from typing import Final

from bot.models import Destination

SHARDS: Final = 16
"""Lanes of a platform are spread over this many Cluster slots. Changing it needs a migration."""

SCHEMA: Final = "pp:{meta}:schema"
EPOCH: Final = "pp:{meta}:epoch"

TURNS: Final = "pp:turns"

PAPERS: Final = "pp:{papers}:"
PAPERS_BY_TIME: Final = PAPERS + "by-time"
EXAMPLES: Final = PAPERS + "examples"
PAPERS_TOUCHED: Final = PAPERS + "touched"
PAPERS_STREAM: Final = PAPERS + "stream"
PAPERS_SHOWN: Final = PAPERS + "shown"
PAPERS_TWINS: Final = PAPERS + "twins"
PAPERS_ASIDE: Final = PAPERS + "aside"
MATCH_GROUP: Final = "match"
LEDGERS: Final = PAPERS + "ledgers"

FEED_ADDRESSES: Final = "pp:{feeds}:addresses"

SUBSCRIPTION_NUMBERS: Final = "pp:{subs}:numbers"
SUBSCRIPTION_WORKSPACES: Final = "pp:{subs}:workspaces"
SUBSCRIPTION_WAKE: Final = "pp:{subs}:wake"
SUBSCRIPTION_CHANGES: Final = "pp:{subs}:changes"


def paper(paper_id: str) -> str:
    return f"{PAPERS}paper:{paper_id}"


def vector(paper_id: str) -> str:
    return f"{PAPERS}vector:{paper_id}"


def alias(other_id: str) -> str:
    return f"{PAPERS}alias:{other_id}"


def title(mark: str) -> str:
    return f"{PAPERS}title:{mark}"


def of_feed(feed: str) -> str:
    return f"{PAPERS}of-feed:{feed}"


def given_feeds(platform: str, workspace: str) -> str:
    return f"pp:{{feeds}}:of:{platform}/{workspace}"


def feed_givers(feed: str) -> str:
    return f"pp:{{feeds}}:givers:{feed}"


def wanted(enricher: str) -> str:
    return f"{PAPERS}wanted:{enricher}"


def cursor(source: str) -> str:
    return f"{PAPERS}cursor:{source}"


def health(source: str) -> str:
    return f"{PAPERS}health:{source}"


def fence(source: str) -> str:
    return f"{PAPERS}fence:{source}"


def ledger(source: str) -> str:
    return f"{PAPERS}ledger:{source}"


def subscriptions(platform: str, workspace: str) -> str:
    return f"pp:{{subs}}:of:{platform}/{workspace}"


def shard(platform: str, workspace: str) -> str:
    """The hash tag under which everything of a workspace's deliveries lives."""
    return f"{platform}/{zlib.crc32(workspace.encode()) % SHARDS:02d}"


def shards(platform: str) -> tuple[str, ...]:
    """All shards of a platform."""
    return tuple(f"{platform}/{number:02d}" for number in range(SHARDS))


def shard_of(destination: Destination) -> str:
    return shard(destination.platform, destination.workspace)


def in_shard(tag: str, *parts: str) -> str:
    """A key within a shard: ``in_shard("slack/03", "lane", "slack/T1/C1")``."""
    return f"pp:{{{tag}}}:" + ":".join(parts)


def preferences(platform: str, workspace: str, channel: str = "") -> str:
    return f"pp:prefs:{platform}/{workspace}" + (f"/{channel}" if channel else "")


def saved(platform: str, workspace: str, person: str) -> str:
    return f"pp:saved:{platform}/{workspace}/{person}"


def ratings_of(platform: str, workspace: str) -> str:
    """The start of the keys of all places of a workspace."""
    return f"pp:ratings:{platform}/{workspace}/"


def ratings(place: Destination) -> str:
    direct = "@" if place.direct else ""
    return f"{ratings_of(place.platform, place.workspace)}{direct}{place.channel}"


def draft(token: str) -> str:
    return f"pp:draft:{token}"


def lease(name: str) -> str:
    return f"pp:lease:{name}"


def turn(family: str) -> str:
    return f"pp:turn:{family}"


def limit(name: str) -> str:
    return f"pp:{{limits}}:{name}"


def shelf(plugin: str, name: str = "") -> str:
    return f"pp:shelf:{plugin}:{name}"


WEB_SIGNS: Final = "pp:web:secret"
WEB_ADDRESS: Final = "pp:web:address"


def feeds_of(platform: str, workspace: str) -> str:
    """The start of the keys of all people of a workspace."""
    return f"pp:web:feeds:{platform}/{workspace}/"


def feeds(platform: str, workspace: str, person: str) -> str:
    return feeds_of(platform, workspace) + person


def feed(digest: str) -> str:
    return f"pp:web:feed:{digest}"
