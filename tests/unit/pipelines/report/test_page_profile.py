"""The page shows what rows are like, and the scaling study's chart when there is one."""

from base64 import b64decode

from pipelines.report.curves import scaling_view
from pipelines.report.page import render_report

DIVERSITY = {
    "kind": "sts",
    "of": "rows",
    "count": 40,
    "openings": 0.75,
    "nearest": 0.41,
    "tasks": 0,
    "task_openings": None,
    "task_nearest": None,
    "families": 3,
    "families_known": 4,
}
LENGTH = {
    "kind": "sts",
    "field": "S1",
    "asked": "at most 60 words",
    "count": 40,
    "median": 12.5,
    "shorter": 0.0,
    "longer": 0.125,
}
SCALING = {
    "chart": "<svg/>",
    "advice": "stop",
    "forecast": [{"rows": 256, "value": 0.5, "low": 0.4, "high": 0.6}],
}


def page(**summary: object) -> str:
    return render_report({"run": "runs/one", "stages": [], **summary})


def test_the_rows_figures_are_on_the_page() -> None:
    shown = page(profile={"diversity": [DIVERSITY], "lengths": [LENGTH]})
    for cell in ("75", "0.41", "3 of 4", "<bdi>at most 60 words</bdi>", "12"):
        assert cell in shown, cell


def test_without_figures_the_page_says_so() -> None:
    assert "What the rows are like was not recorded." in page()


def test_the_scaling_studys_chart_is_on_the_page() -> None:
    address = scaling_view(SCALING)["chart"]
    assert b64decode(address.partition(",")[2]) == b"<svg/>"
    assert f'src="{address}"' in page(scaling=SCALING)
    assert "What more rows would bring" not in page()
