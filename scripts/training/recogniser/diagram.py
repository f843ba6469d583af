# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reliability diagram as SVG, without a plotting library."""

from collections.abc import Mapping, Sequence

from scripts.training.recogniser.reliability import Bin, calibration_error

_SIDE, _LEFT, _TOP = 400, 50, 20
_COLOURS = ("#1f5fa8", "#b8520a", "#2d7d46", "#7a3b8f")


def diagram(curves: Mapping[str, Sequence[Bin]]) -> str:
    """Share right over what was stated, one colour a curve; larger dots are more reads; the diagonal is perfect."""
    height = _SIDE + _TOP + 50 + 18 * len(curves)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_SIDE + _LEFT + 30}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="100%" height="100%" fill="white"/><path d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}" stroke="#999"/>',
        f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#444"/>',
        *(_tick(step / 5) for step in range(6)),
        f'<text x="{_LEFT + _SIDE / 2}" y="{_y(0) + 34}" text-anchor="middle">confidence</text>',
        f'<text x="12" y="{_TOP + _SIDE / 2}" transform="rotate(-90 12 {_TOP + _SIDE / 2})" '
        'text-anchor="middle">share right</text>',
    ]
    for number, (name, bins) in enumerate(curves.items()):
        parts += _curve(number, name, bins)
    return "\n".join([*parts, "</svg>\n"])


def _curve(number: int, name: str, bins: Sequence[Bin]) -> list[str]:
    colour = _COLOURS[number % len(_COLOURS)]
    points = [(_x(one.confidence), _y(one.right / one.reads), one.reads) for one in bins]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    below = _y(0) + 52 + 18 * number
    label = f"{name}: {sum(one.reads for one in bins)} reads, calibration error {calibration_error(bins):.3f}"
    return [
        f'<polyline points="{line}" fill="none" stroke="{colour}"/>',
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{2 + reads**0.5 / 4:.1f}" fill="{colour}" fill-opacity=".6"/>'
          for x, y, reads in points),
        f'<text x="{_LEFT}" y="{below}" fill="{colour}">{label}</text>',
    ]  # fmt: skip


def _tick(share: float) -> str:
    return (
        f'<text x="{_x(share)}" y="{_y(0) + 16}" text-anchor="middle">{share:.1f}</text>'
        f'<text x="{_LEFT - 6}" y="{_y(share) + 4}" text-anchor="end">{share:.1f}</text>'
    )


def _x(share: float) -> float:
    return _LEFT + share * _SIDE


def _y(share: float) -> float:
    return _TOP + (1 - share) * _SIDE
