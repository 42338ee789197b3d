"""What tests of figures share: six predictions, models in their slots, Plotly's own checks."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.charts.ready import Ready
from core.curves import Ranking
from core.intervals import Bootstrap

LABELS = [0, 0, 1, 0, 1, 1]
GOOD = [0.1, 0.2, 0.3, 0.4, 0.6, 0.9]


def ready(
    names: Sequence[str], rankings: Sequence[Ranking], boots: Sequence[Bootstrap] | None = None
) -> list[Ready]:
    """Models in the order of their slots."""
    rows = zip(names, rankings, boots or [None] * len(names), strict=True)
    return [Ready(name, slot, ranking, boot) for slot, (name, ranking, boot) in enumerate(rows)]


def checked(figure: go.Figure) -> go.Figure:
    """Put a figure through Plotly's own checks, which core.charts.base.drawn leaves out."""
    go.Figure(figure.to_dict())
    return figure
