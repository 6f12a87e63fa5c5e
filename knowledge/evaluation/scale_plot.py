"""Draws what the index costs by its size, as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 320, 220
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 40, 40
PANELS = (
    ("search_p95_ms", "Search, p95 (ms)", 5.0),
    ("resident_mb", "Resident memory (MB)", 1500.0),
    ("visible_seconds", "Publish to visible (s)", 2.0),
    ("build_seconds", "Build without encoding (s)", None),
)
"""Figure, title and the most it may be."""


def plot(figures: Sequence[Mapping[str, float]]) -> str:
    """A panel for each figure of PANELS over the number of chunks; its limit is a dashed line."""
    panels = [
        f'<g transform="translate({place % 2 * WIDTH} {place // 2 * HEIGHT})">'
        f"{_panel(title, [(one['chunks'], one[name]) for one in figures], limit)}</g>"
        for place, (name, title, limit) in enumerate(PANELS)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {2 * HEIGHT}" '
        'font-family="sans-serif" font-size="11" role="img">'
        "<title>What the index costs at three sizes</title>"
        '<rect width="100%" height="100%" fill="#fff"/>' + "".join(panels) + "</svg>\n"
    )


def _panel(title: str, points: Sequence[tuple[float, float]], limit: float | None) -> str:
    highest = 1.15 * max([value for _, value in points] + [limit or 0.0]) or 1.0
    smallest, largest = (math.log10(end(x for x, _ in points)) for end in (min, max))

    def across(chunks: float) -> float:
        share = (math.log10(chunks) - smallest) / ((largest - smallest) or 1)
        return LEFT + share * (WIDTH - LEFT - RIGHT - 24) + 12

    def down(value: float) -> float:
        return HEIGHT - BOTTOM - value / highest * (HEIGHT - TOP - BOTTOM)

    parts = [f'<text x="{LEFT}" y="22" font-size="13" fill="#222">{escape(title)}</text>']
    base = HEIGHT - BOTTOM
    parts.append(f'<path d="M{LEFT} {TOP}V{base}H{WIDTH - RIGHT}" fill="none" stroke="#888"/>')
    if limit is not None:
        level = down(limit)
        parts.append(
            f'<path d="M{LEFT} {level:.1f}H{WIDTH - RIGHT}" stroke="#b00" stroke-dasharray="4 3"/>'
            f'<text x="{LEFT - 4}" y="{level + 4:.1f}" text-anchor="end" fill="#b00">'
            f"{limit:g}</text>"
        )
    line = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in points)
    parts.append(f'<polyline points="{line}" fill="none" stroke="#05a" stroke-width="2"/>')
    for x, y in points:
        parts.append(
            f'<circle cx="{across(x):.1f}" cy="{down(y):.1f}" r="3.5" fill="#05a"/>'
            f'<text x="{across(x):.1f}" y="{down(y) - 8:.1f}" text-anchor="middle">{y:.3g}</text>'
            f'<text x="{across(x):.1f}" y="{base + 16}" text-anchor="middle">{x:,.0f}</text>'
        )
    parts.append(f'<text x="{WIDTH / 2}" y="{base + 32}" text-anchor="middle">chunks</text>')
    return "".join(parts)
