"""Groups of scores stand beside those of earlier times; looks at the final sets are counted."""

import json
from pathlib import Path
from typing import Any

from upath import UPath

from pipelines.studies.compared import beside_earlier, compared

SCORES = {"one": [{"a#News": 0.5}, {"a#News": 0.7}], "other": [{"a#News": 0.4}, {"a#News": 0.4}]}


def test_a_step_is_told_by_set_and_over_all() -> None:
    found = compared(SCORES, [("one", "other")])
    assert found["means"]["one"] == {"News": 0.6, "mean": 0.6}
    (step,) = found["steps"]
    assert round(step["sets"]["mean"]["mean"], 3) == 0.2


def test_a_group_replaces_its_like_and_leaves_the_others(tmp_path: Path) -> None:
    path = UPath(tmp_path / "study.json")

    def studied(name: str, value: int, *, final: bool) -> dict[str, Any]:
        found = beside_earlier(path, {name: value}, replaced=name[:3], final=final)
        path.write_text(json.dumps(found))
        return found

    studied("dev: 9 rows", 1, final=False)
    studied("fin: 9 rows", 2, final=True)
    studied("fin: 9 rows", 2, final=True)
    found = studied("dev: 8 rows", 3, final=False)
    assert found["downstream"] == {"fin: 9 rows": 2, "dev: 8 rows": 3}
    assert len(found["final_looks"]) == 1
    assert len(studied("fin: 7 rows", 4, final=True)["final_looks"]) == 2
