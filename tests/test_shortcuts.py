"""docs/shortcuts.md says what the shipped tables say."""

import pytest

from scripts import shortcuts


def test_page_is_what_the_tables_give(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    def write(figure, path, **options):  # type: ignore[no-untyped-def]
        drawn.append(path.name)

    monkeypatch.setattr("plotly.graph_objects.Figure.write_image", write)
    assert shortcuts.PAGE.read_text(encoding="utf-8") == shortcuts.text()
    assert sorted(drawn) == sorted(path.name for path in shortcuts.FIGURES.glob("*.png"))
