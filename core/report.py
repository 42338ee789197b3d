"""One view as a single HTML file that can be sent, kept and printed; it opens without a network.

    html = report(Report(title, notice, link, made, settings, models, sections))

All words are escaped. With figures the file has about 4.8 MB, nearly all of it the drawing script.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.charts import embed

if TYPE_CHECKING:
    import pandas as pd

# Nothing is fetched from anywhere: what the browser is told to enforce.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:"
)
STYLE = """
:root { color-scheme: light; }
body { max-width: 720px; margin: 2rem auto; padding: 0 1rem; background: #fff; color: #16302e;
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin-bottom: 0.5rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 0.3rem; break-after: avoid; }
p { margin: 0.4rem 0; }
.notice { border-left: 4px solid #c51b7d; padding: 0.2rem 0.8rem; }
.note { color: #51635f; font-size: 0.9rem; }
.wide { overflow-x: auto; }
a { color: #0f766e; overflow-wrap: anywhere; }
table { border-collapse: collapse; font-size: 0.9rem; margin: 0.6rem 0; }
th, td { text-align: left; padding: 0.25rem 0.7rem 0.25rem 0; border-bottom: 1px solid #d5e0de; }
[data-figure] { width: 100%; }
section, tr { break-inside: avoid; }
@media print { body { margin: 0; max-width: 680px; } .wide { overflow: visible; } }
"""


@dataclass(frozen=True)
class Section:
    """One heading and what stands below it.

    Attributes:
        heading: Of the section.
        words: Its result in one sentence, also the figure's text alternative.
        figure: To draw.
        table: Shown as it is: numbers already in words, the index left out.
        note: How to read it.
    """

    heading: str
    words: str
    figure: embed.Figure | None = None
    table: pd.DataFrame | None = None
    note: str = ""


@dataclass(frozen=True)
class Report:
    """One view.

    Attributes:
        title: Of the page.
        notice: The line that this is not for diagnosis; must not be empty.
        link: Address that opens the view again, http or https; empty where none is known.
        made: When, as shown.
        settings: What was chosen: name -> value.
        models: Name of a model -> when it was trained, as shown.
        sections: In the order to show.
    """

    title: str
    notice: str
    link: str
    made: str
    settings: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    sections: Sequence[Section] = ()


def report(view: Report) -> str:
    """The whole file.

    Raises:
        ValueError: No notice, or a link that is neither http nor https.
    """
    if not view.notice.strip():
        raise ValueError("expected the line that this is not for diagnosis, received none")
    drawn = any(section.figure is not None for section in view.sections)
    parts = [
        _head(view.title, drawn),
        f"<h1>{escape(view.title)}</h1>",
        f'<p class="notice">{escape(view.notice)}</p>',
        f"<p>Made {escape(view.made)}.{_link(view.link)}</p>",
        _pairs("Settings", view.settings),
        _pairs("Models, and when they were trained", view.models),
        *(_section(section, number) for number, section in enumerate(view.sections)),
        f'<p class="notice">{escape(view.notice)}</p>',
        embed.drawing() if drawn else "",
        "</body>\n</html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _head(title: str, drawn: bool) -> str:
    library = embed.library() if drawn else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n{library}\n</head>\n<body>"
    )


def _link(address: str) -> str:
    if not address:
        return ""
    if urlsplit(address).scheme not in ("http", "https"):
        raise ValueError(f"expected a link with http or https, received {address!r}")
    shown = escape(address)
    return f' Open this view again: <a href="{shown}">{shown}</a>'


def _pairs(heading: str, pairs: Mapping[str, str]) -> str:
    if not pairs:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in pairs.items()
    )
    return f"<h2>{escape(heading)}</h2>\n<table>{rows}</table>"


def _section(section: Section, number: int) -> str:
    parts = [f"<section>\n<h2>{escape(section.heading)}</h2>", f"<p>{escape(section.words)}</p>"]
    if section.figure is not None:
        parts.append(embed.placed(section.figure, section.words, f"figure-{number}"))
    parts.append("</section>")
    if section.table is not None:
        parts.append(_table(section.table))
    if section.note:
        parts.append(f'<p class="note">{escape(section.note)}</p>')
    return "\n".join(parts)


def _table(table: pd.DataFrame) -> str:
    heads = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in table.columns)
    rows = "\n".join(
        f"<tr>{''.join(f'<td>{escape(str(value))}</td>' for value in row)}</tr>"
        for row in table.itertuples(index=False, name=None)
    )
    return (
        f'<div class="wide"><table><thead><tr>{heads}</tr></thead>\n'
        f"<tbody>{rows}</tbody></table></div>"
    )
