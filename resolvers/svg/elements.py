"""Elements of SVG as text. Whatever comes from outside passes through `text` or `titled`, which escape it."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from resolvers.chart_figures import cut

LETTER_WIDTH = 0.56  # of the size of the type, on average in sans-serif
SMALL, PLAIN, LARGE = 11, 12, 18  # sizes of type, in pixels


def number(value: float) -> str:
    """A coordinate, to a tenth of a pixel."""
    tenths = f"{value:.1f}"
    return "0" if tenths == "-0.0" else tenths.removesuffix(".0")


def element(name: str, content: str = "", /, **attributes: float | str | None) -> str:
    """An element; attributes of None are left out, `_` in their names stands for `-`, numbers are rounded."""
    written = "".join([_attribute(key, value) for key, value in attributes.items() if value is not None])
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def _attribute(key: str, value: float | str) -> str:
    if not isinstance(value, str):
        return f' {key}="{number(value)}"' if "_" not in key else f' {key.replace("_", "-")}="{number(value)}"'
    return f" {key.replace('_', '-')}={quoteattr(value)}"


def text(
    words: str,
    x: float,
    y: float,
    *,
    room: float | None = None,
    size: int = SMALL,
    anchor: str = "start",
    **attributes: float | str | None,
) -> str:
    """Words on one line, cut to the room there is for them."""
    shown = words if room is None else cut(words, max(2, int(room / (size * LETTER_WIDTH))))
    anchored = None if anchor == "start" else anchor
    return element("text", escape(shown), x=x, y=y, font_size=size, text_anchor=anchored, **attributes) if shown else ""


def titled(words: str) -> str:
    """What is told of a mark when the pointer rests on it."""
    return element("title", escape(words))


def width_of(words: str, size: int = SMALL) -> float:
    """About how wide words are."""
    return len(words) * size * LETTER_WIDTH
