"""What the benchmarks found, as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

from bench.sustained import Sustained

mpl.use("Agg")
from matplotlib import pyplot as plt  # only after the choice of the backend


def plot_lives(runs: Mapping[str, Sequence[Sustained]], file: Path) -> None:
    """Orders a second, a dot each run, and where the CPU of an order goes in the median run."""
    figure, (rates, cpu) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    for name, several in runs.items():
        middle = sorted(several, key=lambda run: run.rate)[(len(several) - 1) // 2]
        rates.bar(name, middle.rate, color="#4477aa")
        rates.plot([name] * len(several), [run.rate for run in several], "k.")
        rates.annotate(f"{middle.rate:.1f}", (name, middle.rate), ha="center", va="bottom")
        base = 0.0
        for label, color, ms in _parts(middle):
            cpu.bar(name, ms, bottom=base, color=color, label=label)
            base += ms
    rates.set_ylabel("orders brought to their end a second")
    cpu.set_ylabel("CPU ms an order")
    handles, labels = cpu.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    cpu.legend(once.values(), once.keys())
    figure.savefig(file, dpi=120)
    plt.close(figure)


def _parts(run: Sustained) -> list[tuple[str, str, float]]:
    """Label, colour and milliseconds of itself, PostgreSQL and Kafka."""
    servers = {"postgres", "kafka"}
    own = sum(ms for name, ms in run.cpu_ms.items() if name not in servers)
    return [
        ("itself", "#66ccee", own),
        ("PostgreSQL", "#228833", run.cpu_ms["postgres"]),
        ("Kafka", "#ccbb44", run.cpu_ms["kafka"]),
    ]
