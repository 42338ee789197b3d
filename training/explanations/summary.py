"""From rows of single images to the table: means, and intervals over patients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from core.explain.checks import (
    AHEAD_CENTRE,
    AHEAD_RANDOM,
    ALL,
    AREA,
    CENTRE,
    COLUMNS,
    COVID,
    DELETION,
    OTHER,
    RANDOM,
    RANKS,
    STRUCTURE,
    about,
)
from core.explain.quality import area
from core.intervals import mean_interval

LABELS = {1.0: COVID, 0.0: OTHER}


def similarities(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Both similarities for each step and method, over images."""
    if rows.empty:
        return []
    return [
        {"check": check, "method": method, "group": group, "position": position}
        | mean_row(part[check], part["patient"])
        for check in (RANKS, STRUCTURE)
        for (method, position, group), part in rows.groupby(
            ["method", "position", "group"], sort=False
        )
    ]


def curves(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Mean curves over all images; areas by class; how far ahead of the baselines."""
    if rows.empty:
        return []
    table = []
    for (check, method), part in rows.groupby(["check", "method"], sort=False):
        values = np.stack(part["values"].to_list())  # (N, steps + 1)
        shares = np.linspace(0, 1, values.shape[1]).round(4)
        table += [
            {"check": check, "method": method, "group": ALL, "position": share}
            | mean_row(values[:, number], part["patient"])
            for number, share in enumerate(shares)
        ]
    areas = rows.assign(value=[area(values) for values in rows["values"]])
    for (check, method), part in areas.groupby(["check", "method"], sort=False):
        table += by_class({"check": about(check, AREA), "method": method}, part)
    return table + _ahead(areas)


def _ahead(areas: pd.DataFrame) -> list[dict[str, Any]]:
    """How far the areas are better than a baseline's on the same images: lower, or higher."""
    table: list[dict[str, Any]] = []
    for check, part in areas.groupby("check", sort=False):
        better = -1 if check == DELETION else 1
        own = part.assign(value=better * part["value"])
        table += ahead(own, RANDOM, about(str(check), AHEAD_RANDOM))
        centred = own[own["method"] != RANDOM]
        table += ahead(centred, CENTRE, about(str(check), AHEAD_CENTRE))
    return table


def ahead(rows: pd.DataFrame, baseline: str, check: str) -> list[dict[str, Any]]:
    """Value of each method less the baseline's on the same image; rows: image_id, method, value."""
    base = rows[rows["method"] == baseline].set_index("image_id")["value"]
    others = rows[rows["method"] != baseline]
    gains = others.assign(value=others["value"].to_numpy() - base[others["image_id"]].to_numpy())
    return [
        line
        for method, part in gains.groupby("method", sort=False)
        for line in by_class({"check": check, "method": method}, part)
    ]


def lungs(rows: pd.DataFrame, check: str) -> list[dict[str, Any]]:
    """Ratios by method and class, and how far they are above that of the centre map."""
    if rows.empty:
        return []  # no lungs known on any image
    table = [
        line
        for method, part in rows.groupby("method", sort=False)
        for line in by_class({"check": check, "method": method}, part)
    ]
    return table + ahead(rows, CENTRE, about(check, AHEAD_CENTRE))


def by_class(about_row: dict[str, Any], rows: pd.DataFrame) -> list[dict[str, Any]]:
    """A row for all images and one for each true class; rows: value, label, patient."""
    parts = [(ALL, rows)] + [(name, rows[rows["label"] == key]) for key, name in LABELS.items()]
    return [
        about_row | {"group": name} | mean_row(part["value"], part["patient"])
        for name, part in parts
        if len(part)
    ]


def mean_row(values: Any, patients: pd.Series) -> dict[str, Any]:
    """Mean, interval over patients (none for a single patient), and what is behind it."""
    found = np.asarray(values, np.float64)
    several = patients.nunique() > 1
    low, high = mean_interval(found, patients) if several else (np.nan, np.nan)
    value = round(float(found.mean()), 5)
    return {
        "images": len(found),
        "patients": int(patients.nunique()),
        "value": value,
        "low": min(round(low, 5), value) if several else np.nan,
        "high": max(round(high, 5), value) if several else np.nan,
    }


def table_of(model_id: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """COLUMNS."""
    return pd.DataFrame([{"model": model_id} | row for row in rows], columns=list(COLUMNS))
