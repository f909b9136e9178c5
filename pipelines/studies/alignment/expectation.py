"""What is expected of the alignment study, said before it is measured; what the paper found."""

from collections.abc import Iterator, Sequence

from pipelines.studies.alignment.writers import MIX

STEPS = (
    ("base-one-shot", "base", "an example teaches form"),
    ("junior", "base", "fine-tuning on a strong teacher's seeds"),
    ("senior", "junior", "preferences (DPO)"),
    ("junior+revisor", "junior", "the revisor without preferences"),
    ("senior+revisor", "senior", "the revisor"),
    ("senior", "base", "both trainings together"),
)
"""Better writer, worse writer, what stands between them."""
PAPER = (
    ("instruct, unaligned", 61.0),
    ("teacher itself", 62.2),
    ("junior", 62.6),
    ("junior+revisor", 62.8),
    ("senior", 62.9),
    ("senior+revisor", 63.2),
)
"""Mean of MTEB's 56 English tasks after 230,000 rows of each (SPEED, arXiv 2410.18634): one run
each, no intervals given."""
FIGURE_3 = (
    "The paper's figure 3: with temperature, beta and the numbers of seeds, pairs and corrections "
    "the score rises, then falls; it chose T 1.0, beta 0.1, 25,000 / 10,000 / 10,000. Its plots "
    "give no values."
)


def steps_among(writers: Sequence[str]) -> list[tuple[str, str, str]]:
    """The expected steps whose two ends are measured."""
    known = [step for step in STEPS if step[0] in writers and step[1] in writers]
    mixes = [
        (name, part, "a mix of writers")
        for name in writers
        if MIX in name
        for part in name.split(MIX)
        if part in writers
    ]
    return known + mixes


def expected_lines(writers: Sequence[str], seeds: int) -> Iterator[str]:
    """The expected order and what would refute it."""
    yield "Expected, said before anything is measured:"
    for better, worse, why in steps_among(writers):
        yield f"  {better} > {worse} in content and downstream ({why})"
    yield "  the run's seeds > junior, senior downstream on equal rows (a teacher wrote them)"
    yield (
        "A step is shown where the 95 % interval of the difference is above 0, not shown where it "
        f"holds 0, refuted where it is below. Downstream: {seeds} paired seeds, equal rows."
    )
