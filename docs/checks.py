"""Write what every test there is gave into docs/checks.md: the last step of ``make test-all``."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as xml
from collections import Counter, defaultdict
from pathlib import Path

from forecast.versions import versions

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "checks.md"

_OUTCOMES = {"failure": "failed", "error": "failed", "skipped": "skipped"}


def _commit() -> str:
    """Name the commit of the tree, and say whether anything but this page differs from it."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    changed = git("status", "--porcelain", "--", ".", f":!{PAGE.relative_to(ROOT)}")
    return f"`{git('rev-parse', '--short=12', 'HEAD')}`" + (" with changes of its own" if changed else "")


def _folder(case: xml.Element) -> str:
    """Name the folder of the file that a case stands in."""
    words = case.get("classname", "").split(".")
    return "/".join(words[: next((place for place, word in enumerate(words) if word.startswith("test_")), 1)])


def page(report: xml.Element, commit: str) -> str:
    """Write the page from a report in JUnit's format."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for case in report.iter("testcase"):
        outcome = next((_OUTCOMES[child.tag] for child in case if child.tag in _OUTCOMES), "passed")
        counts[_folder(case)] += Counter({outcome: 1, "milliseconds": round(1000 * float(case.get("time", 0)))})
    used = versions()
    total = sum(counts.values(), Counter())
    lines = [
        "# Every test there is",
        "",
        f"Made by `make test-all` at commit {commit}, with Python {used['python']}, NumPy {used['numpy']} and SciPy "
        f"{used['scipy']}. Minutes are of one core, fixtures included.",
        "",
        "| tests of | passed | failed | skipped | minutes |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {name} | {row['passed']:,} | {row['failed']:,} | {row['skipped']:,} | {row['milliseconds'] / 6e4:.1f} |"
            for name, row in [*sorted(counts.items()), ("**all**", total)]
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(xml.parse(sys.argv[1]).getroot(), _commit()), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
