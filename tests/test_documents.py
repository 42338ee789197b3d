"""Generated pages of docs/ say what the shipped tables say."""

import pytest

from scripts import explanations, shortcuts


@pytest.mark.parametrize("page", [shortcuts, explanations])
def test_page_is_what_the_tables_give(page, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    def write(figure, path, **options):  # type: ignore[no-untyped-def]
        drawn.append(path.name)

    monkeypatch.setattr("plotly.graph_objects.Figure.write_image", write)
    assert page.PAGE.read_text(encoding="utf-8") == page.text()
    assert sorted(drawn) == sorted(path.name for path in page.FIGURES.glob("*.png"))
