"""Write what is generated in the chart: `python charts/generate.py`.

Its README's table from the comments in values.yaml (npm's @bitnami/readme-generator-for-helm), the
examples that `helm test` sends, the pipeline's objects for Kubeflow Pipelines, and in the values'
schema what a placement is.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CHART = ROOT / "charts" / "littlegiants"
README_GENERATOR = "@bitnami/readme-generator-for-helm@2.7.2"
CRD = ("pipelines", "register", "--form", "crd")
WRITTEN = {
    "prompt.jsonl": ("littlegiants", "generate", "--example"),
    "draft.jsonl": ("littlegiants", "revise", "--example"),
    "pipeline.yaml": CRD,
}
"""Files of the chart, each what a program prints."""
SCHEMA = CHART / "values.schema.json"
SHOWN = """
import json
from pipelines.kubeflow.placement import Placement
print(json.dumps(Placement.model_json_schema()))
"""
PLACEMENT = re.compile(r'^    "placement": .*$', re.MULTILINE)
"""A line of the values' schema."""
TOLD = {"title", "description", "default"}
"""Of a schema, what refuses nothing."""


def main() -> None:
    """Generate into the repository."""
    for name, arguments in WRITTEN.items():
        shown = subprocess.run(
            [sys.executable, "-m", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE
        )
        (CHART / "files" / name).write_bytes(shown.stdout)
    line = f'    "placement": {json.dumps(placement_schema())}'
    SCHEMA.write_text(PLACEMENT.sub(lambda _: line, SCHEMA.read_text("utf-8")), "utf-8")
    command = ["npx", "--yes", README_GENERATOR, "--values", "values.yaml", "--readme", "README.md"]
    subprocess.run(command, cwd=CHART, check=True)


def placement_schema() -> Any:
    """The schema of `pipelines.placement`: that of the model which reads it, in one piece."""
    command = [sys.executable, "-c", SHOWN]
    schema = json.loads(
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    )
    return _in_one(schema, schema["$defs"])


def _in_one(node: Any, parts: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_in_one(each, parts) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _in_one(parts[node["$ref"].rpartition("/")[2]], parts)
    return {
        key: {name: _in_one(each, parts) for name, each in value.items()}
        if key == "properties"
        else _in_one(value, parts)
        for key, value in node.items()
        if key not in TOLD and key != "$defs"
    }


if __name__ == "__main__":
    main()
