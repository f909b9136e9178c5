"""A recipe says what is made: counts, models, learning rates. Sizes are a recipe, never code."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeFloat,
    ValidationError,
    field_validator,
    model_validator,
)

from littlegiants.adapters import HIGHEST_RANK, LAYERS
from littlegiants.errors import BadInput
from littlegiants.kinds import SPECS, Kind, slots_of
from littlegiants.optional_slots import check_names, with_shipped_tables
from pipelines.recipe.fields import Fields, fields_of
from pipelines.recipe.promotion_section import Promotion
from pipelines.recipe.quality_sections import Curate, Evaluate
from pipelines.recipe.references import text_and_changes
from pipelines.recipe.sections import (
    Brainstorm,
    Count,
    Examples,
    Judge,
    MachinePrices,
    Models,
    Propose,
    Section,
    Serving,
    Topics,
    WeightsSection,
)
from pipelines.recipe.synthesis_section import Synthesize
from pipelines.recipe.teacher_section import TeacherSection
from pipelines.recipe.tracking_section import Tracking
from pipelines.recipe.training_sections import AlignSettings, EmbedSettings, FinetuneSettings

Tables = dict[Kind, dict[str, dict[str, NonNegativeFloat]]]


class Recipe(Section):
    """Everything that decides what a run makes."""

    name: str
    """Shown in the report."""
    seed: int
    """Same recipe and seed: same prompts, byte for byte."""
    language: str = "English"
    """Of everything that is written."""
    shares: dict[Kind, NonNegativeFloat] = Field({kind: spec.share for kind, spec in SPECS.items()})
    """Weights of the kinds; the paper's are 7:7:7:2, the 2 split evenly."""
    slots: Annotated[Tables, BeforeValidator(with_shipped_tables)] = Field({})
    """Value tables that replace the paper's or turn on slots beside them, by kind and slot; the
    word `shipped` takes the table of `persona`, `query_style`, `genre`, `reasoning` or `noise`."""
    templates: str = ""
    """Folder or URL of prompt templates of your own, named as the shipped ones, as `judge.txt`, or
    `synthesize_KIND.txt`, whose $SLOTS may be any that `slots` has values for. What it lacks is
    asked with the shipped template."""
    models: Models
    topics: Topics
    teacher: TeacherSection
    examples: Examples = Examples()
    brainstorm: Brainstorm = Brainstorm()
    seeds: Count
    junior: FinetuneSettings
    propose: Propose
    judge: Judge
    senior: AlignSettings
    correct: Count
    revisor: FinetuneSettings
    serving: Serving = Serving()
    weights: WeightsSection = WeightsSection()
    promotion: Promotion = Promotion()
    synthesize: Synthesize
    curate: Curate = Curate()
    embedder: EmbedSettings
    evaluate: Evaluate
    prices: MachinePrices = MachinePrices()
    tracking: Tracking = Tracking()
    inputs: dict[str, str] = Field({})
    """Digests of the files and folders that it names; `run` and `submit` write them here."""

    @property
    def highest_rank(self) -> int:
        """Of the adapters; the senior's is the sum of its own and the junior's."""
        return max(self.junior.lora.r + self.senior.lora.r, self.revisor.lora.r)

    @field_validator("language")
    @classmethod
    def language_is_named(cls, language: str) -> str:
        """A prompt asks for a text in it."""
        if not language.strip():
            raise ValueError("name one, as English")
        return language

    @field_validator("shares")
    @classmethod
    def some_kind_has_a_share(cls, shares: dict[Kind, float]) -> dict[Kind, float]:
        """Shares are relative to their sum."""
        if not sum(shares.values()):
            raise ValueError("give at least one kind a share above 0")
        return shares

    @model_validator(mode="after")
    def adapters_can_be_served(self) -> Self:
        """Engines know adapters up to some rank."""
        if self.weights.form == "adapter" and self.highest_rank > HIGHEST_RANK:
            raise ValueError(
                f"weights.form: adapters are served up to rank {HIGHEST_RANK}; lower lora.r (the "
                "senior's adapter has the junior's rank beside its own) or serve merged weights"
            )
        return self

    @model_validator(mode="after")
    def adapters_change_what_is_served(self) -> Self:
        """Engines know adapters of the layers that Llama has."""
        tuned = {"junior": self.junior, "senior": self.senior, "revisor": self.revisor}
        for role, settings in tuned.items():
            others = [name for name in settings.lora.target_modules if not name.endswith(LAYERS)]
            if self.weights.form == "adapter" and others:
                raise ValueError(
                    f"weights.form: {role}.lora.target_modules names {', '.join(others)}, and an "
                    f"adapter is served on {', '.join(LAYERS)} only; serve merged weights"
                )
        return self

    @model_validator(mode="after")
    def dollars_need_a_price(self) -> Self:
        """A cap in dollars cannot be kept without one."""
        from pipelines.recipe.prices import price_of

        teacher = self.teacher
        capped = any(caps.dollars for caps in (teacher.caps, *teacher.stage_caps.values()))
        if capped and not price_of(teacher.model, teacher.prices):
            raise ValueError(
                f"teacher.caps.dollars: no price of {teacher.model} is known; "
                "give teacher.prices as well"
            )
        return self

    @model_validator(mode="after")
    def slots_exist(self) -> Self:
        """Changed slots belong to their kind, or to a template of one's own."""
        try:
            for kind, changes in self.slots.items():
                check_names(kind, slots_of(kind, changes), any_name=bool(self.templates))
        except BadInput as error:
            raise ValueError(str(error)) from error
        return self


def load_recipe(reference: str, changes: Sequence[str] = ()) -> Recipe:
    """The recipe `reference` (a shipped name, a YAML file, or YAML text) with `a.b=value` changes.

    After a name more of them may stand. Raises BadInput naming every wrong field.
    """
    text, told = text_and_changes(reference)
    fields = fields_of(text, reference)
    for change in (*told, *changes):
        fields.change(change)
    try:
        return _checked(fields)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'recipe'}: {fault['msg']}"
            for fault in error.errors()
        ).replace(": Value error, ", ": ")
        name = str(fields.read.get("name", reference))[:60]
        raise BadInput(f"recipe {name!r}: {faults}") from error


def _checked(fields: Fields) -> Recipe:
    try:
        return Recipe.model_validate(fields.read)
    except ValidationError as error:
        if not fields.take_texts(error):
            raise
    return Recipe.model_validate(fields.read)


def resolved(recipe: Recipe) -> Mapping[str, Any]:
    """Every field with its value, as plain data."""
    return recipe.model_dump(mode="json")
