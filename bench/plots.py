"""What the parts of the benchmark found, as one picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import matplotlib as mpl

from bench.parts import Panel

mpl.use("Agg")
from matplotlib import pyplot as plt  # only after the choice of the backend

_COLUMNS: Final = 3


def plot(panels: Sequence[Panel], file: Path) -> None:
    """One panel beside the other, three in a row."""
    columns = min(_COLUMNS, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(5 * columns, 4 * rows), layout="constrained", squeeze=False
    )
    for panel, axis in zip(panels, axes.flat, strict=False):
        bars = axis.bar(list(panel.values), list(panel.values.values()), color="#4477aa")
        axis.bar_label(bars, fmt=lambda value: f"{value:,.0f}" if value >= 100 else f"{value:.3g}")
        axis.set_title(panel.title)
        axis.set_ylabel(panel.axis)
        axis.tick_params("x", rotation=30)
        if panel.logarithmic:
            axis.set_yscale("log")
    for unused in list(axes.flat)[len(panels) :]:
        unused.set_axis_off()
    figure.savefig(file, dpi=100)
    plt.close(figure)
