"""What tests of figures share: six predictions, and Plotly's own checks."""

import plotly.graph_objects as go

LABELS = [0, 0, 1, 0, 1, 1]
GOOD = [0.1, 0.2, 0.3, 0.4, 0.6, 0.9]


def checked(figure: go.Figure) -> go.Figure:
    """Put a figure through Plotly's own checks, which core.charts.base.drawn leaves out."""
    go.Figure(figure.to_dict())
    return figure
