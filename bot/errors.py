"""Every error of ours, in one tree.

::

    PigeonError                 a sentence for the person who can mend it, and an exit code
    ├── StartError              the bot cannot start
    │   ├── SettingsError       a setting is wrong or unknown                       (exit 78)
    │   ├── StoreUnavailable    Redis or Valkey cannot be reached or used           (exit 69)
    │   ├── AlreadyRunning      another process holds the data directory            (exit 69)
    │   └── SchemaTooNew        the store was written by a newer version            (exit 78)
    ├── ListingError            a listing could not be fetched or read
    │   ├── ListingUnavailable  no usable answer: refused, timed out, 5xx
    │   │   └── ListingUnreachable   not even a connection: no network, no such host
    │   ├── ListingBusy         asked to come back later (429, 503); carries ``after``
    │   └── ListingMalformed    an answer that is not the listing it should be
    ├── QueryError              a filter cannot be read; knows the place and offers a repair
    ├── CommandError            a request cannot be carried out; the sentence is the reply
    │   ├── NotAllowed          the person may not do this here
    │   └── NotFound            no such subscription, paper or digest *here*
    ├── BackupError             a backup or an import file cannot be read
    ├── EmbeddingError          the language model is not there, or cannot be used
    ├── StopRequested           a person asked the program to end: not a failure           (exit 0)
    └── DeliveryError           what an adapter raises when a card was not posted
        ├── RetryLater          certainly not posted; try again after ``after`` seconds
        ├── Ambiguous           it may have been posted: look before trying again
        ├── DestinationGone     this destination will not take cards until a person acts
        ├── ThreadRefused       no thread can be opened, though the channel takes cards
        └── CardRejected        the platform refused the card itself: our bug

Foreign exceptions are translated at the edge that meets them, in one place for each edge.
"""

from __future__ import annotations


class PigeonError(Exception):
    """The root. ``str(error)`` is a sentence that may be shown to a person.

    It says what happened, why, and what to do next; it never holds a secret or a stack trace.
    """

    exit_code = 1


class StartError(PigeonError):
    """The bot cannot start. Shown as one line on standard error, then the exit code."""

    exit_code = 69


class SettingsError(StartError):
    """A setting is missing, wrong, or has a name that does not exist."""

    exit_code = 78


class StoreUnavailable(StartError):
    """Redis or Valkey cannot be reached, or refuses to serve."""


class AlreadyRunning(StartError):
    """Another process of ours already runs on the same data directory."""


class SchemaTooNew(StartError):
    """The store holds records of a newer version than this program reads."""

    exit_code = 78


class ListingError(PigeonError):
    """A listing could not be fetched or read; the cursor stays where it was."""


class ListingUnavailable(ListingError):
    """No usable answer came: the connection failed, took too long, or the server erred."""


class ListingUnreachable(ListingUnavailable):
    """Not even a connection came about: no network, an unknown name, a refused port."""


class ListingBusy(ListingError):
    """The listing asks us to stay away for a while."""

    def __init__(self, message: str, *, after: float) -> None:
        super().__init__(message)
        self.after = after
        """Seconds to wait before the next request to that host."""


class ListingMalformed(ListingError):
    """An answer came, but it is not the listing it should be (HTML, truncated, wrong schema)."""


class ListingQuarantined(ListingMalformed):
    """Its answers stopped the parser so often in a row that it is read no more."""


class QueryError(PigeonError):
    """A filter cannot be read.

    ``str(error)`` is the whole sentence, with the place marked and a repair where one is known.
    """

    def __init__(self, message: str, *, text: str, start: int, end: int, repair: str | None = None) -> None:
        super().__init__(message)
        self.text = text
        """The query as it was typed."""
        self.start = start
        self.end = end
        """The faulty part is ``text[start:end]``; both are offsets in code points."""
        self.repair = repair
        """A whole query that reads, near what was meant; ``None`` where none is known."""


class CommandError(PigeonError):
    """A request cannot be carried out; ``str(error)`` is what the person reads."""


class NotAllowed(CommandError):
    """The person may not do this here."""


class NotFound(CommandError):
    """Nothing of that name *in the asker's workspace*: the same words whether or not it exists elsewhere."""


class BackupError(PigeonError):
    """A backup or an import file cannot be read or applied."""


class DeliveryError(PigeonError):
    """A card was not posted, or may not have been. Adapters raise these; the core decides."""


class RetryLater(DeliveryError):
    """The platform certainly did not post it; trying again later may work."""

    def __init__(self, message: str, *, after: float = 0.0) -> None:
        super().__init__(message)
        self.after = after
        """Seconds the platform asked us to wait; 0 where it did not say."""


class Ambiguous(DeliveryError):
    """The outcome is unknown: the request went out and no trustworthy answer came."""


class DestinationGone(DeliveryError):
    """The destination takes no cards until a person acts (deleted, no permission, DMs closed)."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy
        """What a person can do, with the platform's own names of buttons; may be empty."""


class ThreadRefused(DeliveryError):
    """The thread of a card cannot be opened now, though its channel takes cards. Whoever asked may ask again."""

    def __init__(self, message: str, *, remedy: str = "", card_gone: bool = False) -> None:
        super().__init__(message)
        self.remedy = remedy
        """What a person can do, with the platform's own names of buttons; may be empty."""
        self.card_gone = card_gone
        """The card itself was deleted: a thread takes a new one."""


class CardRejected(DeliveryError):
    """The platform refused the content itself; sending it again unchanged cannot work."""


class EmbeddingError(PigeonError):
    """The language model is not installed, not the one expected, or failed: words alone are compared."""


class StopRequested(PigeonError):
    """A person asked the program to end (``quit``, end of input): a normal end."""

    exit_code = 0
