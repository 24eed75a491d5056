"""Options drawn by Apache ECharts itself, on the server and in a browser: as many marks as figures, and all labels.

ECharts comes from npm into tests/echarts/node_modules, once for all test processes. Skipped, with the reason, where
there is no Node or the registry cannot be reached.
"""

from __future__ import annotations

import fcntl
import functools
import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import unescape

import pytest

from operations.chart_specs import chart_spec
from resolvers.chart_figures import cut
from resolvers.echarts import option_of
from tests.chart_samples import SAMPLES, sample
from tests.test_browser import CHROMIUM, chromium, tab_of

FOLDER = Path(__file__).parent / "echarts"
PATIENCE_SECONDS = 180  # for npm on a slow line


@functools.cache
def why_not() -> str | None:
    """Why ECharts cannot be had; None where it is there."""
    if not (shutil.which("node") and shutil.which("npm")):
        return "no node or no npm is installed"
    with (FOLDER / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two test processes one installs
        if _is_installed():
            return None
        try:
            command = ["npm", "ci", "--no-audit", "--no-fund", "--prefix", str(FOLDER)]
            done = subprocess.run(  # noqa: S603
                command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, cwd=FOLDER, check=False
            )
        except subprocess.TimeoutExpired:
            return f"npm ci took more than {PATIENCE_SECONDS} seconds"
        return None if done.returncode == 0 else f"npm ci failed: {done.stderr[-300:]}"


def _is_installed() -> bool:
    """Whether what is there is what the lock names."""
    wanted = json.loads((FOLDER / "package-lock.json").read_text())["packages"]["node_modules/echarts"]["version"]
    found = FOLDER / "node_modules" / "echarts" / "package.json"
    hidden = FOLDER / "node_modules" / ".package-lock.json"  # which npm writes last
    return hidden.exists() and found.exists() and json.loads(found.read_text())["version"] == wanted


Draw = Callable[..., list[str]]


@pytest.fixture(scope="module")
def drawn() -> Iterator[Draw]:
    """Gives the SVG that ECharts draws of each option, in one Node for all tests. ECharts must not complain."""
    if reason := why_not():
        pytest.skip(reason)
    command = [str(shutil.which("node")), str(FOLDER / "render.mjs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as node:  # noqa: S603

        def draw(*options: dict[str, Any], **size: Any) -> list[str]:
            return [_drawn(node, option, size) for option in options]

        yield draw
        assert node.stdin is not None
        node.stdin.close()


def _drawn(node: subprocess.Popen[str], option: dict[str, Any], size: dict[str, Any]) -> str:
    assert node.stdin is not None and node.stdout is not None
    node.stdin.write(json.dumps({"option": option, **size}) + "\n")
    node.stdin.flush()
    answer = json.loads(node.stdout.readline())
    assert (answer.get("error"), answer["warnings"]) == (None, [])
    svg: str = answer["svg"]
    return svg


def words_of(svg: str) -> list[str]:
    """The texts of a picture."""
    return [unescape(one, {"&quot;": '"', "&#39;": "'"}) for one in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


def marks_of(svg: str, role: str = "chart") -> int:
    """How many figures have a mark, or a place in the legend: ECharts notes series and figure on its shapes."""
    noted = r'ecmeta_series_index="(\d+)" ecmeta_data_index="(\d+)" ecmeta_ssr_type="(\w+)"'
    return len({(series, place) for series, place, of in re.findall(noted, svg) if of == role})


MONTHS = ["Jun", "Jul", "Aug", "Sep"]
REGIONS = ["Benelux", "DACH", "France", "Nordics", "(none)"]
CHANNELS = ["Sales desk", "Web shop"]
SHARES = ["Benelux: 6.7%", "DACH: 13.3%", "France: 20%", "Nordics: 26.7%", "(none): 33.3%"]
BINS = ["0 to 2.5", "2.5 to 5", "5 to 7.5", "7.5 to 10", "10 to 12.5", "12.5 to 15"]
CELLS = ["Benelux", "0", "1", "DACH", "10", "France", "20", "21", "Nordics", "30", "31"]
TENS = ["0", "10", "20", "30", "40"]
CASES = {  # marks, entries of the legend, and all texts but the two headings
    "BAR": (5, 0, ["Revenue", "region", "0", "1,000", "2,000", "3,000", "4,000", "5,000", "6,000", *REGIONS]),
    "LINE": (8, 2, ["Revenue", "region", "0", "100", "200", "300", "400", "500", *MONTHS, *CHANNELS]),
    "AREA": (8, 2, ["Revenue", "region", "0", "200", "400", "600", "800", "1,000", *MONTHS, *CHANNELS]),
    "PIE": (5, 5, [*SHARES, *REGIONS]),
    "DONUT": (5, 5, [*SHARES, *REGIONS]),
    "SCATTER": (24, 0, ["Revenue", "region", *["0", "5", "10", "15", "20", "25"] * 2]),
    "HEATMAP": (
        7,
        0,
        ["channel", "region", *CHANNELS, *REGIONS[:4], "0", "10", "20", "30", "1", "21", "31", "0", "31"],
    ),
    "HISTOGRAM": (6, 0, ["Revenue", "region", *TENS, *BINS]),
    "TABLE": (12, 0, ["region", *CHANNELS, *CELLS]),
    "VALUE": (0, 0, ["1,234,567.89", "Revenue"]),
}


@pytest.mark.parametrize("theme", ["AUTO", "LIGHT", "DARK"])
@pytest.mark.parametrize("kind", SAMPLES)
def test_every_kind_is_drawn_with_a_mark_for_each_figure_and_all_words(drawn: Draw, kind: str, theme: str) -> None:
    marks, entries, words = CASES[kind]
    (svg,) = drawn(option_of(*SAMPLES[kind], theme))

    headings = [f"{kind.title()} of orders", "A second line"]
    assert (marks_of(svg), marks_of(svg, "legend")) == (marks, entries)
    assert Counter(words_of(svg)) == Counter([*words, *headings])


def test_the_pages_own_theme_decides_over_text_and_ground_of_automatic_colours(drawn: Draw) -> None:
    for kind in SAMPLES:
        option = option_of(*SAMPLES[kind], "AUTO")
        light, dark = drawn(option)[0], drawn(option, theme="dark")[0]
        inks = [set(re.findall(r'<text[^>]*fill="([^"]*)"', svg)) for svg in (light, dark)]
        assert inks[0].isdisjoint(inks[1]) or kind == "HEATMAP", (kind, inks)  # whose cells decide over their labels
        assert 'fill="transparent"' in dark or 'fill="none"' in dark


def test_series_share_the_data_set_and_come_in_the_order_of_the_figures(drawn: Draw) -> None:
    points = [("a", 1, "east"), ("b", 2, None), ("a", 3, None), ("b", 4, "east")]
    option = option_of(*sample("bar", points, group="side"))
    assert option["dataset"]["source"] == [["a", 1, 3], ["b", 4, 2]]
    assert [(one["name"], one["encode"]) for one in option["series"]] == [
        ("east", {"x": "x", "y": "y0"}),
        ("(none)", {"x": "x", "y": "y1"}),
    ]
    assert marks_of(drawn(option)[0]) == 4


def test_several_measures_with_groups_have_a_series_each() -> None:
    points = [
        ("a", 1, "east", "Units"),
        ("a", 2, "east", "Revenue"),
        ("a", 3, "west", "Units"),
        ("a", 4, "west", "Revenue"),
    ]
    option = option_of(*sample("line", points, group="side", measures=("Units", "Revenue")))
    assert [one["name"] for one in option["series"]] == [
        "east · Units",
        "west · Units",
        "east · Revenue",
        "west · Revenue",
    ]


def test_lines_are_0_where_a_sum_has_no_rows_and_broken_where_a_mean_has_none() -> None:
    points = [("a", 1, "east"), ("b", 2, "west")]
    for agg, missing in (("sum", 0), ("avg", None)):
        option = option_of(*sample("line", points, group="side", agg=agg))
        assert option["dataset"]["source"] == [["a", 1, missing], ["b", missing, 2]]


def test_moments_are_utc_whatever_the_readers_clock() -> None:
    option = option_of(*sample("line", [("2026-11-02", 2), ("2026-11-01T23:30:00Z", 1)], x_type="timestamp"))
    assert option["useUTC"] is True
    assert option["dataset"]["source"] == [["2026-11-01T23:30:00Z", 1], ["2026-11-02T00:00:00Z", 2]]


HOSTILE = [
    "<b>bold</b>", "{a} {b} {c} {d} {@[2]} {b|x}", "$& $1 $$", "two\nlines", "😀 Größe", '"quoted" & \'so\'', "__proto__",
    "constructor", "12", "-", "long " * 2_000,
]  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind in SAMPLES if kind not in {"VALUE", "SCATTER", "HISTOGRAM"}])
def test_labels_are_shown_as_they_are_whatever_they_hold(drawn: Draw, kind: str) -> None:
    for label in HOSTILE:
        spec, data = sample(kind.lower(), [(label, 3, label), ("b", 2, label)], group="side")
        spec = spec.model_copy(update={"title": label, "subtitle": label})
        (svg,) = drawn(option_of(spec, data))
        words = words_of(svg)
        # Long ones are cut, here and by ECharts where there is no room.
        assert sum(one.startswith(cut(label)[:5]) for one in words) >= 3, (label, words)
        assert "<b>" not in svg


@pytest.mark.parametrize("kind", SAMPLES)
def test_nothing_nulls_negatives_and_many_figures_are_drawn(drawn: Draw, kind: str) -> None:
    group = "side" if kind == "HEATMAP" else None
    many = [(f"label number {n}", n % 37, f"g{n % 40}") for n in range(2_000)]
    options = [
        option_of(*sample(kind.lower(), points, group=group))
        for points in ([], [(None, None)], [("a", -3), (None, 2)], [("a", 0)])
    ]
    options.append(option_of(*sample(kind.lower(), many, group="side", truncated=True)))
    first, *_others, last = drawn(*options)
    assert "No figures" in words_of(first)
    assert any("first 2,000 points only" in word for word in words_of(last))


@pytest.mark.parametrize("width", [320, 800, 1600])
def test_words_stay_inside_whatever_the_width(drawn: Draw, width: int) -> None:
    for kind in SAMPLES:
        option = option_of(*SAMPLES[kind]) | {"legend": {"show": False}}  # which is scrolled, and cut where it ends
        (svg,) = drawn(option, width=width, height=360)
        for x in re.findall(r'<text[^>]*transform="translate\(([-\d.]+) ', svg):
            assert -1 <= float(x) <= width + 1, (kind, x)


PICTURES = Path(__file__).parent.parent / "docs" / "pictures"


@pytest.mark.parametrize("kind", SAMPLES)
def test_the_pictures_of_the_docs_are_of_their_specifications(kind: str) -> None:
    document = (PICTURES.parent / "chart-pictures.md").read_text()
    (spec,) = [
        spec
        for spec in map(json.loads, re.findall(r"```json\n(.*?)\n```", document, re.DOTALL))
        if chart_spec(spec).kind == kind
    ]
    words = words_of((PICTURES / f"{kind.lower()}.svg").read_text())
    assert f"![{spec['title']}](pictures/{kind.lower()}.svg)" in document
    assert {spec["title"], spec.get("subtitle", spec["title"])} <= set(words)
    assert kind in {"PIE", "DONUT", "HEATMAP"} or chart_spec(spec).y[0].name in words


# ----------------------------------------------------------------------------------------------------- in a browser

PAGE = """<!doctype html><meta charset="utf-8"><body style="margin:0"><script src="{script}"></script><script>
const options = {options}, seen = {{}};
function drawn(name, renderer) {{
  const place = document.body.appendChild(document.createElement("div"));
  place.style.cssText = "width:640px;height:400px";
  const chart = echarts.init(place, null, {{renderer}});
  chart.setOption({{...options[name], animation: false}});
  return place;
}}
function inkOf(canvas) {{
  const {{data}} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let ink = 0;
  for (let at = 0; at < data.length; at += 4) ink += data[at] + data[at + 1] + data[at + 2] < 720;
  return ink;
}}
for (const name in options) {{
  const svg = drawn(name, "svg"), canvas = drawn(name, "canvas").querySelector("canvas");
  const filled = [...svg.querySelectorAll("path")].filter(one => options[name].color.includes(one.getAttribute("fill")));
  seen[name] = [filled.length, [...svg.querySelectorAll("text")].map(one => one.textContent), inkOf(canvas)];
}}
document.title = "drawn";
</script>"""
FILLED = {
    "BAR": 5,
    "LINE": 0,
    "AREA": 2,
    "PIE": 10,
    "DONUT": 10,
    "SCATTER": 24,
    "HEATMAP": 0,
    "HISTOGRAM": 6,
    "TABLE": 0,
    "VALUE": 0,
}  # fmt: skip  (slices and their places in the legend; lines and cells have other colours)


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome is installed")
async def test_every_kind_is_drawn_in_a_browser(drawn: Draw, tmp_path: Path) -> None:
    script = (FOLDER / "node_modules" / "echarts" / "dist" / "echarts.min.js").as_uri()
    options = {kind: option_of(*SAMPLES[kind], "LIGHT") for kind in SAMPLES}
    page = tmp_path / "page.html"
    page.write_text(PAGE.format(script=script, options=json.dumps(options).replace("</", "<\\/")))

    with chromium(tmp_path / "profile") as commands:
        async with tab_of(commands) as tab:
            await tab.call("Page.navigate", url=page.as_uri())
            await tab.until("document.title === 'drawn'")
            seen = json.loads(await tab.value("JSON.stringify(seen)"))
            asked = {one["request"]["url"].partition(":")[0] for one in tab.told("Network.requestWillBeSent")}
            complaints = tab.told("Runtime.exceptionThrown")

    assert {kind: found[0] for kind, found in seen.items()} == FILLED
    for kind, (_filled, words, ink) in seen.items():
        headings = [f"{kind.title()} of orders", "A second line"]
        assert set(words) >= {*CASES[kind][2][-2:], *headings}, kind
        assert ink > 1_000, kind
    assert (asked - {"file"}, complaints) == (set(), [])
