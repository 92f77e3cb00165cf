"""Where papers come from.

A source is a short ``fetch`` and a pure ``parse``; ``docs/sources.md`` shows one in 40 lines. What they
share: :mod:`.fetch` (the one bounded way out), :mod:`.guard` (which addresses it may dial),
:mod:`.politeness` (how often), :mod:`.parser` and :mod:`.child` (answers are read in a limited child
process), :mod:`.markup` and :mod:`.documents` (XML and JSON as strangers write them).
"""
