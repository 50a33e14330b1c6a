"""Where places are, by UN/LOCODE: sea ports from searoute's list, airports and inland terminals from our own."""

from functools import cache
from typing import Final

from searoute.data.ports_dict import node_list

Place = tuple[float, float]
"""Longitude and latitude in degrees."""

_INLAND: Final[dict[str, Place]] = {
    "AEDXB": (55.33, 25.25), "ATVIE": (16.57, 48.11), "BELGG": (5.44, 50.64), "BRGRU": (-46.47, -23.43),
    "CHZRH": (8.55, 47.46), "CNCAN": (113.30, 23.39), "CNCGO": (113.66, 34.75), "CNCKG": (106.55, 29.56),
    "CNCTU": (104.07, 30.66), "CNPEK": (116.60, 40.08), "CNPVG": (121.80, 31.14), "CNSIA": (108.94, 34.34),
    "CNURC": (87.62, 43.82), "CNWUH": (114.30, 30.59), "CNYIW": (120.07, 29.31), "CZPRG": (14.26, 50.10),
    "DEDUI": (6.76, 51.43), "DEFRA": (8.57, 50.03), "DELEJ": (12.24, 51.42), "DEMUC": (11.79, 48.35),
    "ESMAD": (-3.57, 40.49), "FRCDG": (2.55, 49.01), "FRPAR": (2.35, 48.86), "GBLHR": (-0.45, 51.47),
    "HUBUD": (19.26, 47.44), "INDEL": (77.10, 28.57), "INPNQ": (73.86, 18.52), "ITMIL": (9.19, 45.46),
    "KRICN": (126.45, 37.46), "KZALA": (76.95, 43.24), "LULUX": (6.21, 49.62), "MXMEX": (-99.07, 19.44),
    "PLLOD": (19.46, 51.76), "PLWAW": (20.97, 52.17), "RUMOW": (37.62, 55.76), "USATL": (-84.43, 33.64),
    "USAUS": (-97.67, 30.19), "USCHI": (-87.65, 41.88), "USDFW": (-97.04, 32.90), "USJFK": (-73.78, 40.64),
    "USMEM": (-89.98, 35.04), "VNHAN": (105.81, 21.22), "VNSGN": (106.66, 10.82),
}  # fmt: skip


@cache
def _ports() -> dict[str, Place]:
    # Several entries of one code stand close together; the first is as good as any.
    found: dict[str, Place] = {}
    for position, port in node_list.items():
        if code := port.get("port"):
            found.setdefault(code, position)
    return found


def place_of(code: str) -> Place | None:
    """Where a UN/LOCODE is; None if we do not know."""
    return _ports().get(code) or _INLAND.get(code)
