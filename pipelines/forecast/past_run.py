"""A forecast corrected by a run that has been: its stages took so many times what was forecast."""

import json
from collections.abc import Sequence
from dataclasses import replace

from upath import UPath

from littlegiants.errors import BadInput
from pipelines.forecast.stage_costs import Forecast

FILE = "summary.json"


def scaled_as(folder: str, forecasts: Sequence[Forecast]) -> list[Forecast]:
    """The forecasts with the seconds of each stage times its ratio in the run in `folder`.

    Raises BadInput when no finished run with a forecast is there.
    """
    path = UPath(folder) / FILE
    if not path.exists():
        raise BadInput(f"like: {path} is not there; name a run that has ended")
    rows = json.loads(path.read_text(encoding="utf-8")).get("forecast", {}).get("stages", [])
    ratios = {row["stage"]: row["seconds"]["ratio"] for row in rows}
    if not any(ratios.values()):
        raise BadInput(f"like: {path} compares no forecast; name a run that was started by `run`")
    return [_scaled(each, ratios.get(each.stage), folder) for each in forecasts]


def _scaled(forecast: Forecast, ratio: float | None, folder: str) -> Forecast:
    if not ratio or forecast.seconds is None:
        return forecast
    told = f"{forecast.stage}: its time is {ratio:g} times the forecast's, as it was in {folder}"
    assumptions = (*forecast.assumptions, told)
    return replace(forecast, seconds=forecast.seconds * ratio, assumptions=assumptions)
