"""Write what is generated in the chart: `python charts/generate.py`.

Its README's table from the comments in values.yaml (npm's @bitnami/readme-generator-for-helm), the
examples that `helm test` sends, and the pipeline's objects for Kubeflow Pipelines.
"""

import subprocess
import sys
from pathlib import Path

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


def main() -> None:
    """Generate into the repository."""
    for name, arguments in WRITTEN.items():
        shown = subprocess.run(
            [sys.executable, "-m", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE
        )
        (CHART / "files" / name).write_bytes(shown.stdout)
    command = ["npx", "--yes", README_GENERATOR, "--values", "values.yaml", "--readme", "README.md"]
    subprocess.run(command, cwd=CHART, check=True)


if __name__ == "__main__":
    main()
