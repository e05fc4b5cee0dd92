"""The calibration curve as a picture: scores against the share of such copies that people rated well.

A PNG drawn with Pillow, which vLLM brings along. The figures are in ``generation.calibration``.
"""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from generation.calibration import Agreement, Calibration

WIDTH, HEIGHT = 880, 660
_LEFT, _TOP, _RIGHT, _BOTTOM = 90, 70, WIDTH - 40, HEIGHT - 80
_INK, _GRID, _POINT, _LINE = "#1f2933", "#d9dee3", "#1f6feb", "#c2410c"


def draw_curve(path: Path, title: str, agreement: Agreement, calibration: Calibration | None) -> None:
    """Write the picture. A point is a bin with its interval; the line is the calibration. Raises OSError."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    small, large = ImageFont.load_default(16), ImageFont.load_default(20)
    draw.text((_LEFT, 14), title, _INK, font=large)
    for tick in range(0, 101, 20):
        x, y = _at(tick, tick)
        draw.line([(x, _TOP), (x, _BOTTOM)], _GRID)
        draw.line([(_LEFT, y), (_RIGHT, y)], _GRID)
        draw.text((x, _BOTTOM + 10), str(tick), _INK, font=small, anchor="ma")
        draw.text((_LEFT - 10, y), f"{tick} %", _INK, font=small, anchor="rm")
    draw.rectangle([_LEFT, _TOP, _RIGHT, _BOTTOM], outline=_INK)
    draw.text(((_LEFT + _RIGHT) / 2, _BOTTOM + 42), "score before calibration", _INK, font=small, anchor="ma")
    draw.text((_LEFT, _TOP - 8), "rated well by people", _INK, font=small, anchor="ld")
    draw.text((_RIGHT, 18), "neighbouring ratings, with their 95 % interval", _POINT, font=small, anchor="ra")
    if calibration is not None:
        draw.text((_RIGHT, 42), "calibration: what a score is shown as", _LINE, font=small, anchor="ra")
        draw.line(_line(calibration), _LINE, width=3)
    for each in agreement.curve:
        x, y = _at(each.score, 100 * each.good)
        draw.line([_at(each.score, 100 * each.low), _at(each.score, 100 * each.high)], _POINT, width=2)
        draw.ellipse([x - 7, y - 7, x + 7, y + 7], _POINT, "white")
    image.save(path, "PNG")


def _line(calibration: Calibration) -> Sequence[tuple[float, float]]:
    """Flat to both edges, straight from knot to knot."""
    return [_at(raw, calibration(raw)) for raw in (0.0, *calibration.raw, 100.0)]


def _at(score: float, percent: float) -> tuple[float, float]:
    return _LEFT + (_RIGHT - _LEFT) * score / 100, _BOTTOM - (_BOTTOM - _TOP) * percent / 100
