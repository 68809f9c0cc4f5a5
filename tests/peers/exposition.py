"""Reads what Prometheus would scrape, and is as strict as it.

Source: Prometheus documentation, "Exposition formats" (0.0.4) and "Metric and label naming".
"""

import re
from dataclasses import dataclass, field

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)')
ESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}
ENDS = {"histogram": ("_bucket", "_sum", "_count")}
Labels = tuple[tuple[str, str], ...]


@dataclass
class Metric:
    """One metric, with all its samples."""

    kind: str
    words: str
    samples: dict[tuple[str, Labels], float] = field(default_factory=dict)

    def value(self, end: str = "", **labels: str) -> float:
        return self.samples[end, tuple(sorted(labels.items()))]

    def labels(self, name: str) -> set[str]:
        return {dict(labels)[name] for _, labels in self.samples}


def read(text: str) -> dict[str, Metric]:
    """Return the metrics by their names; an AssertionError says what Prometheus would not take."""
    assert text.endswith("\n")
    found: dict[str, Metric] = {}
    lines = text.splitlines()
    now = ""
    for line in lines:
        if line.startswith("# HELP "):
            _, _, now, words = line.split(" ", 3)
            assert now not in found, f"{now} comes twice"
            found[now] = Metric("", words)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == now
            found[now].kind = kind
        else:
            _take(found[now], now, line)
    for name, metric in found.items():
        _check(name, metric)
    return found


def _take(metric: Metric, name: str, line: str) -> None:
    match = SAMPLE.fullmatch(line)
    assert match is not None, line
    end = match[1].removeprefix(name)
    assert match[1].startswith(name), line
    assert end in ENDS.get(metric.kind, ("",)), line
    key = end, _labels(match[2] or "")
    assert key not in metric.samples, f"{line} comes twice"
    metric.samples[key] = float(match[3])


def _labels(text: str) -> Labels:
    found = []
    while text:
        match = LABEL.match(text)
        assert match is not None, text
        value = re.sub(r"\\.", lambda escape: ESCAPED[escape[0]], match[2])
        found.append((match[1], value))
        text = text[match.end() :]
    assert len({name for name, _ in found}) == len(found)
    return tuple(sorted(found))


def _check(name: str, metric: Metric) -> None:
    assert metric.kind in ("gauge", "counter", "histogram"), name
    assert metric.words.endswith("."), name
    assert name.endswith("_total") == (metric.kind == "counter"), name
    if metric.kind == "histogram":
        _check_histogram(metric)
    if metric.kind == "counter":
        assert all(value >= 0 for value in metric.samples.values()), name


def _check_histogram(metric: Metric) -> None:
    counts = {labels: value for (end, labels), value in metric.samples.items() if end == "_count"}
    for labels, count in counts.items():
        below = {
            float(dict(of)["le"]): value
            for (end, of), value in metric.samples.items()
            if end == "_bucket" and set(labels) <= set(of)
        }
        values = [below[bound] for bound in sorted(below)]
        assert values == sorted(values)
        assert below[float("inf")] == count
        assert ("_sum", labels) in metric.samples
