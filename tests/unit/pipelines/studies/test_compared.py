"""Groups of scores stand beside those of earlier times, marked where they tell of other things."""

import json
from pathlib import Path

from upath import UPath

from pipelines.studies.compared import EARLIER, beside_earlier, compared

SCORES = {"one": [{"a#News": 0.5}, {"a#News": 0.7}], "other": [{"a#News": 0.4}, {"a#News": 0.4}]}


def test_a_step_is_told_by_set_and_over_all() -> None:
    found = compared(SCORES, [("one", "other")])
    assert found["means"]["one"] == {"News": 0.6, "mean": 0.6}
    (step,) = found["steps"]
    assert round(step["sets"]["mean"]["mean"], 3) == 0.2


def test_a_group_replaces_its_like_and_marks_those_of_other_things(tmp_path: Path) -> None:
    path = UPath(tmp_path / "study.json")

    def studied(name: str, value: int, basis: str) -> list[tuple[str, int]]:
        groups = beside_earlier(path, {name: {"means": value}}, replaced=name[:3], basis=basis)
        path.write_text(json.dumps({"downstream": groups}))
        return [(title, each["means"]) for title, each in groups.items()]

    studied("dev: 9 rows", 1, "old")
    assert studied("fin: 9 rows", 2, "old") == [("dev: 9 rows", 1), ("fin: 9 rows", 2)]
    found = studied("dev: 8 rows", 3, "new")
    assert found == [(f"fin: 9 rows{EARLIER}", 2), ("dev: 8 rows", 3)]
    assert studied("dev: 8 rows", 3, "new") == found
    assert studied("dev: 9 rows", 1, "old")[0] == ("fin: 9 rows", 2)
    assert studied("fin: 7 rows", 4, "old") == [("dev: 9 rows", 1), ("fin: 7 rows", 4)]
