"""Count stems and categories anew for ``bot/matching/rarity.txt``: ``python benchmarks/make_rarity.py``.

Shares are rounded to steps of √2, so that the table stays small and changes little; words in fewer than ten of the
papers are left to the estimate for unknown ones. No text of any paper can be read from it.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from pathlib import Path

from workload import papers

from bot.text.words import fold, scanned

FEWEST = 10
TABLE = Path(__file__).resolve().parent.parent / "bot/matching/rarity.txt"


def main() -> None:
    words: Counter[str] = Counter()
    categories: Counter[str] = Counter()
    total = 0
    for paper in papers():
        total += 1
        words.update(set(scanned(f"{paper.title}\n{paper.abstract}").stems))
        categories.update({fold(category) for category in paper.categories})
    lines = []
    for kind, counts in (("word", words), ("cat", categories)):
        steps: defaultdict[int, list[str]] = defaultdict(list)
        for name, count in counts.items():
            if count >= FEWEST and " " not in name:
                steps[round(2 * math.log2(count / total))].append(name)
        lines += [f"{kind} {2 ** (step / 2):.5f} {' '.join(sorted(steps[step]))}" for step in sorted(steps)]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{TABLE.name}: {sum(len(line.split()) - 2 for line in lines):,} names from {total:,} papers")


if __name__ == "__main__":
    main()
