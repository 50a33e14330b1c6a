"""`make operations`: what operations do, each tried on containers of its own under load, and what came of it.

`python3 -m deploy.operations restart kill` runs these; without names all. It needs Docker Compose and Python alone. A
project of its own (`silkway-operations`) is made and thrown away; --project names one that runs, which is left running:
the load is a tenant of its own there, whose orders stay.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from deploy.operations.drills import DRILLS, ENV_FILES, FILES, HEARD_AGAIN, Notes
from deploy.operations.engine import PORTS, SERVICES, Engine, Failed, free_ports, say
from deploy.operations.load import RATE, Load

PROJECT: Final = "silkway-operations"
BEFORE_S, AFTER_S = 5.0, 5.0
"""Load before and after what is tried."""
SCALED: Final = 3
SHOWN: Final = 20


def main() -> int:
    """0 where every drill did what it should and nothing was lost or doubled."""
    arguments = _arguments()
    results: list[dict[str, Any]] = []
    if arguments.project:
        results = _run_all(Engine(arguments.project, arguments.file), arguments)
    else:
        for alike in _stages(arguments.drills):
            arguments.drills = alike
            results += _on_its_own(arguments)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2))
    for line in table(results):
        print(line)
    for result in results:
        for finding in [*result["findings"], *result["lost"], *result["doubled"]][:SHOWN]:
            print(f"{result['drill']}: {finding}")
    return int(any(result["findings"] or result["lost"] or result["doubled"] for result in results))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="operations", description=__doc__)
    parser.add_argument("drills", nargs="*", metavar="DRILL", help=", ".join(DRILLS))
    parser.add_argument("--project", help="a project that runs, in place of one of its own")
    parser.add_argument("--file", action="append", help="compose file of --project; may be given again")
    parser.add_argument("--rate", type=float, default=RATE, help=f"orders a second, by default {RATE}")
    parser.add_argument("--json", type=Path, help="write the results there")
    parser.add_argument("--verify", action="store_true", help="compare each service with its log at the end")
    arguments = parser.parse_args()
    arguments.file = arguments.file or ["docker-compose.yml"]
    if unknown := set(arguments.drills) - DRILLS.keys():
        parser.error(f"{', '.join(sorted(unknown))}: the drills are {', '.join(DRILLS)}")
    if arguments.project and not arguments.drills:
        parser.error(f"which drills is {arguments.project} to go through?")
    arguments.drills = arguments.drills or list(DRILLS)
    return arguments


def _stages(drills: list[str]) -> list[list[str]]:
    """Drills that can share one system, and each of the others."""
    apart = [drill for drill in drills if drill in FILES or drill in ENV_FILES]
    together = [drill for drill in drills if drill not in apart]
    return [stage for stage in (together, *([drill] for drill in apart)) if stage]


def _on_its_own(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    first = arguments.drills[0]
    with tempfile.TemporaryDirectory(prefix="silkway-operations-") as folder:
        own = {"SECRETS": f"{folder}/secrets", "SILKWAY_IMAGE": PROJECT}
        files = ["docker-compose.yml", *FILES.get(first, ())]
        engine = Engine(PROJECT, files, {**_ports(), **own}, ENV_FILES.get(first, ()))
        engine.run(["make", "--silent", "secrets"])
        engine.compose("down --volumes --remove-orphans --timeout 10", shown=False)
        try:
            began = time.monotonic()
            engine.compose("up -d --wait --build")
            say(f"up after {time.monotonic() - began:.0f} s")
            return _run_all(engine, arguments)
        except Failed:
            say(engine.compose("logs --tail 15", shown=False))
            raise
        finally:
            engine.compose("down --volumes --remove-orphans --timeout 10")


def _ports() -> dict[str, str]:
    """A port each; some for order, which is scaled."""
    return {f"{service.upper()}_PORTS": free_ports(SCALED if service == "order" else 1) for service in PORTS}


def _run_all(engine: Engine, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    results = [_run(engine, drill, arguments.rate) for drill in arguments.drills]
    if arguments.verify:
        results[-1]["findings"] += _verify(engine)
    return results


def _run(engine: Engine, drill: str, rate: float) -> dict[str, Any]:
    """One drill under load, and what came of both."""
    say(f"--- {drill}: {(DRILLS[drill].__doc__ or '').splitlines()[0]}")
    tenant, began = f"drill-{drill}-{int(time.time())}", time.monotonic()
    load = Load(engine, tenant, rate).start()
    time.sleep(BEFORE_S)
    findings: list[str] = []
    notes: Notes = []
    try:
        notes = DRILLS[drill](engine)
        time.sleep(AFTER_S)
    except Failed as error:
        findings.append(str(error))
    except BaseException:
        load.stop()
        raise
    outcome = load.finish()
    findings += _left(engine, tenant, outcome.orders)
    if outcome.heard_again:
        said = f"{outcome.heard_again} steps of the feed heard again, word for word"
        (notes if drill in HEARD_AGAIN else findings).append(said)
    result = {"drill": drill, "seconds": time.monotonic() - began, **outcome.as_data()}
    result |= {"findings": findings, "notes": notes}
    say(table([result])[-1])
    return result


def _left(engine: Engine, tenant: str, orders: int) -> list[str]:
    """Whether the services' own tables say the same: so many orders, nothing parked, waiting or refused."""
    try:
        report = json.loads(
            engine.compose(f"run --rm -T cli silkway report --tenant {tenant} --json", shown=False)
        )
    except Failed as error:
        return [str(error)]
    wanted = {"orders": orders, "parked": 0, "waiting": 0, "refused": 0}
    return [
        f"{name}: {report[name]}, expected {value}" for name, value in wanted.items() if report[name] != value
    ]


def _verify(engine: Engine) -> list[str]:
    findings = []
    for service in SERVICES:
        try:
            say(
                engine.compose(f"run --rm -T cli silkway rebuild {service} --verify").strip().splitlines()[-1]
            )
        except Failed as error:
            findings.append(str(error))
    return findings


def table(results: list[dict[str, Any]]) -> list[str]:
    """The results as lines of a table in Markdown."""
    lines = [
        "| drill | s | orders | facts | told again | lost | doubled | p50 s | p99 s | longest s | seen |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for r in results:
        figures = f"{r['seconds']:.0f} | {r['orders']} | {r['facts']} | {r['repeated']}"
        judged = f"{len(r['lost'])} | {len(r['doubled'])}"
        times = f"{r['p50']:.2f} | {r['p99']:.2f} | {r['longest']:.2f}"
        seen = "; ".join([*r["notes"], *(f"{len(r['findings'])} findings" for _ in r["findings"][:1])])
        lines.append(f"| {r['drill']} | {figures} | {judged} | {times} | {seen} |")
    return lines


if __name__ == "__main__":
    sys.exit(main())
