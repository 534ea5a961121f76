"""CSV files and what Python's csv module reads from them, for test/data/own, as JSON.

    python benchmarks/peers/golden_csv.py > test/golden/csv.json && npx prettier --write test/golden/csv.json

Fields are drawn from pieces that a reader of RFC 4180 can get wrong; each file is written with other quoting and line ends.
"""

import csv
import io
import json
import platform
import random

SEED = 20190205
PIECES = ["rain", "sun", " ", ",", '"', '""', "\n", "\r\n", "\t", ";", "'", "\\", "é", "雨", "🌧", "#", "{", "0"]


def field(rng):
    return "a" + "".join(rng.choice(PIECES) for _ in range(rng.randint(0, 8)))


def case(rng, quoting, terminator):
    rows = [[field(rng), field(rng), rng.choice(["wet", "dry", "so, so", 'a "mix"'])] for _ in range(20)]
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=quoting, lineterminator=terminator)
    writer.writerow(["text", "other", "label"])
    writer.writerows(rows)
    read = list(csv.reader(io.StringIO(out.getvalue(), newline="")))
    assert read[1:] == rows
    lines = [1 + out.getvalue()[:start].count("\n") for start in starts(out.getvalue(), read, quoting, terminator)]
    return {"content": out.getvalue(), "rows": read[1:], "lines": lines[1:]}


def starts(content, rows, quoting, terminator):
    """Where each row begins, by writing the ones before it."""
    for i in range(len(rows)):
        before = io.StringIO(newline="")
        csv.writer(before, quoting=quoting, lineterminator=terminator).writerows(rows[:i])
        assert content.startswith(before.getvalue())
        yield len(before.getvalue())


def main():
    rng = random.Random(SEED)
    cases = [
        {"name": f"{name}, {end}", **case(rng, quoting, terminator)}
        for name, quoting in (("quotes where needed", csv.QUOTE_MINIMAL), ("all quoted", csv.QUOTE_ALL))
        for end, terminator in (("LF", "\n"), ("CRLF", "\r\n"))
    ]
    source = {
        "script": "benchmarks/peers/golden_csv.py",
        "seed": SEED,
        "python": platform.python_version(),
    }
    print(json.dumps({"source": source, "cases": cases}, ensure_ascii=False))


main()
