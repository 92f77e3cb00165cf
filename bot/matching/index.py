"""The index over all filters: equal ones are evaluated once."""

from __future__ import annotations

from collections.abc import Mapping

from bot.query import Document, Query, Verdict, evaluate


class Index:
    """Filters by the key of whoever holds them."""

    def __init__(self) -> None:
        self._queries: dict[str, Query] = {}
        self._holders: dict[str, set[str]] = {}
        self._normal: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._normal)

    def put(self, key: str, query: Query) -> None:
        """Hold a filter for ``key``, in place of its former one."""
        self.drop(key)
        self._normal[key] = query.normal
        self._queries[query.normal] = query
        self._holders.setdefault(query.normal, set()).add(key)

    def drop(self, key: str) -> None:
        """Forget the filter of ``key``, if there is one."""
        normal = self._normal.pop(key, None)
        if normal is None:
            return
        holders = self._holders[normal]
        holders.discard(key)
        if not holders:
            del self._holders[normal], self._queries[normal]

    def match(self, document: Document) -> Mapping[str, Verdict]:
        """Whose filter the paper passes, with the reasons."""
        found: dict[str, Verdict] = {}
        for normal, query in self._queries.items():
            verdict = evaluate(query, document)
            if verdict.matched:
                found.update(dict.fromkeys(self._holders[normal], verdict))
        return found
