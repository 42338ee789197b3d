"""docs/tuning.md says what the shipped tables say."""

import pytest

from scripts import tuning


def test_page_is_what_the_tables_give(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    def write(figure, path, **options):  # type: ignore[no-untyped-def]
        drawn.append(path.name)

    monkeypatch.setattr("plotly.graph_objects.Figure.write_image", write)
    assert tuning.PAGE.read_text(encoding="utf-8") == tuning.text()
    assert sorted(drawn) == sorted(path.name for path in tuning.FIGURES.glob("*.png"))
