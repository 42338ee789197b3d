"""Plotly figures from arrays and frames: pure functions, and the only import of plotly.

One module a page, or several (compare.py lists its own); what they share is in base.py.
"""

from core.charts.predictions import auc_figure, confusion_figure, prediction_histogram

__all__ = ["auc_figure", "confusion_figure", "prediction_histogram"]
