"""Journal keys of a generator's answers: a digest of all that decides an answer, and no more."""

from littlegiants.client import Options
from littlegiants.prompts import revise_template_of, template_of
from littlegiants.samples import Sample, revision_schema, sample_schema
from littlegiants.tasks import Prompt, digest


def writing_key(
    prompt: Prompt, options: Options, weights: str, *, count: int = 1, limit: int
) -> str:
    """Key of `count` completions of `prompt` by the generator with these weights."""
    schema = None
    if options.get("constrained", True):
        schema = sample_schema(prompt.task.kind, prompt.attributes, prompt.task.language, limit)
    text = template_of(prompt).digest
    return digest([prompt.id, text, schema, weights, count, limit, options])


def revising_key(
    prompt: Prompt, sample: Sample, options: Options, weights: str, *, limit: int
) -> str:
    """Key of the revision of `sample` by the revisor with these weights."""
    schema = None
    if options.get("constrained", True):
        schema = revision_schema(prompt.task.kind, prompt.attributes, prompt.task.language, limit)
    texts = [template_of(prompt).digest, revise_template_of(prompt).digest]
    return digest([prompt.id, sample.to_fields(), texts, schema, weights, limit, options])
