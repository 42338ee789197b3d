"""The report: complete, escaped, and drawn by a browser that may fetch nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from figures import ready

from core.charts import embed
from core.charts.compare import histogram_figure, histogram_words
from core.charts.matrices import confusion_figure, confusion_words
from core.charts.people import people_figure, people_words
from core.curves import rank
from core.report import Report, Section, report

NOTICE = "For learning only, not for diagnosis."
EVIL = '</script><script>alert("<&>")</script>'


@pytest.fixture(scope="module")
def view() -> Report:
    models = ready([EVIL], [rank([0, 1, 0, 1], [0.1, 0.4, 0.6, 0.9])])
    groups = [[45, 5, 190, 760]]
    table = pd.DataFrame({"model": [EVIL], "AUC": ["0.75 (0.50 to 1.00)"]})
    sections = (
        Section("Calls", confusion_words(models, [0.5]), confusion_figure(models, [0.5])),
        Section("Answers", histogram_words(models, [0.5]), histogram_figure(models, [0.5])),
        Section("People", people_words(models, groups), people_figure(models, groups), table),
    )
    return Report(
        f"Compare {EVIL}",
        NOTICE,
        "https://example.org/compare?models=a,b&t=0.5",
        "25 November 2026",
        {"threshold": "0.5", EVIL: EVIL},
        {EVIL: "2026-11-24"},
        sections,
    )


def without_library(html: str) -> str:
    return html.replace(embed.library(), "")


def test_report_holds_everything_of_the_view(view) -> None:
    html = report(view)
    for words in (
        f'<p class="notice">{NOTICE}</p>',
        'href="https://example.org/compare?models=a,b&amp;t=0.5"',
        "Made 25 November 2026.",
        '<th scope="row">threshold</th><td>0.5</td>',
        "<td>2026-11-24</td>",
        "<h2>Calls</h2>",
        "finds 50% (1 of 2) of the COVID-19 images and clears 50% (1 of 2) of the others",
        "<td>0.75 (0.50 to 1.00)</td>",
    ):
        assert words in html
    assert [f'data-figure="figure-{n}"' in html for n in range(4)] == [True, True, True, False]
    assert html.count(embed.library()) == 1


def test_report_escapes_every_word(view) -> None:
    html = without_library(report(view))
    assert "alert(" in html
    assert EVIL not in html
    assert "<script>alert" not in html
    # Only the two kinds of script that were meant.
    assert set(re.findall(r"<script[^>]*>", html)) == {
        "<script>",
        *(f'<script type="application/json" id="figure-{n}">' for n in range(3)),
    }


def test_report_fetches_nothing(view) -> None:
    html = without_library(report(view))
    addresses = re.findall(r"""(?:src|href)=["']?([^"' >]+)|url\(""", html)
    assert addresses == ["https://example.org/compare?models=a,b&amp;t=0.5"]
    assert "default-src 'none'" in html


def test_report_without_figures_is_small() -> None:
    html = report(Report("Nothing", NOTICE, "", "today", sections=(Section("A", "b"),)))
    assert len(html) < 4000
    assert "<script" not in html
    assert "Settings" not in html


def test_report_needs_the_notice_and_a_safe_link() -> None:
    with pytest.raises(ValueError, match="not for diagnosis"):
        report(Report("A", " ", "", "today"))
    with pytest.raises(ValueError, match="http or https"):
        report(Report("A", NOTICE, "javascript:alert(1)", "today"))


def test_embedding_leaves_the_figure_alone(view) -> None:
    figure = view.sections[0].figure
    before = figure.to_json()
    embed.placed(figure, "words", "name")
    assert figure.to_json() == before


@pytest.mark.slow
def test_report_is_drawn_without_errors(view, tmp_path: Path) -> None:
    browser = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
    if browser is None:
        pytest.skip("no browser here")
    page = tmp_path / "report.html"
    page.write_text(report(view), encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    done = subprocess.run(
        [browser, *flags, "--virtual-time-budget=8000", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.count('class="main-svg"') >= 3
    assert "false alarm" in done.stdout
    assert not [line for line in done.stderr.splitlines() if "CONSOLE" in line]
