"""A decoder becomes an embedder: queries near their documents, far from the others."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from datasets import Dataset, DatasetDict
from peft import set_peft_model_state_dict
from peft.tuners.tuners_utils import cast_adapter_dtype
from safetensors.torch import load_file
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer
from sentence_transformers.base.sampler import DefaultBatchSampler, NoDuplicatesBatchSampler
from sentence_transformers.sentence_transformer.training_args import (
    SentenceTransformerTrainingArguments,
)
from torch import Generator, nn
from torch.utils.data import BatchSampler, ConcatDataset, RandomSampler
from transformers import set_seed

from littlegiants.errors import BadInput
from pipelines.distributed.world import world_size
from pipelines.models.decoder_embedder import backbone_of, base_embedder
from pipelines.models.lora import lora_config, merged
from pipelines.recipe.training_sections import EmbedSettings
from pipelines.storage.atomic_writes import whole_folder
from pipelines.training.batches.parts import PartsOfBatches
from pipelines.training.contrast import guide as guides
from pipelines.training.contrast.batching import has_labels, is_alone
from pipelines.training.contrast.false_negatives import FalseNegatives, Guided, SameLabels
from pipelines.training.contrast.grouped_rows import GroupedRows, grouped
from pipelines.training.contrast.losses import FairInBatchLoss, OwnNegativeLoss, in_batch_loss
from pipelines.training.embedder_prompts import prompts_of
from pipelines.training.rows import TrainingRun, TrainingStep, Triplet
from pipelines.training.runs import on_one_device, run_arguments, started, train, write_counts


def train_embedder(
    rows: Iterable[Triplet], run: TrainingRun[EmbedSettings], guide: Path | None = None
) -> list[TrainingStep]:
    """Train an adapter on `rows` and write the merged sentence-transformers model.

    `batching` says which texts are each other's negatives; the model in the folder `guide`, where
    there is one, which of them are false.
    Raises BadInput when no row can be trained on.
    """
    run = started(run)
    given = grouped(rows, run.work / "rows", run.settings)
    seen = guides.look_at(given, guide) if guide else ""
    return train(
        embedder_trainer(given, run),
        run,
        rows=given.digest + seen,
        publish=lambda adapter: publish_embedder(adapter, run, kinds=given.kinds),
    )


def publish_embedder(
    adapter: Path, run: TrainingRun[EmbedSettings], *, kinds: Collection[str]
) -> None:
    """Write base and adapter, merged in bfloat16, as one folder that SentenceTransformer loads.

    Its prompts are those of the `kinds` that it was trained on, whatever the base's are.
    """
    model = base_embedder(run.base, run.settings.model_copy(update={"dtype": "bfloat16"}))
    model.prompts, model.default_prompt_name = prompts_of(kinds), None
    model[0].model = merged(backbone_of(model), adapter)
    with whole_folder(run.out) as folder:
        model.save_pretrained(str(folder), create_model_card=False)


class EmbedderTrainer(SentenceTransformerTrainer):
    """Expects a dataset per kind and a loss per kind."""

    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
        """None: the run's report tells about the model."""

    def get_batch_sampler(
        self, dataset: Dataset, batch_size: int, drop_last: bool, **arguments: Any
    ) -> BatchSampler:
        """Random batches; without equal texts where any text of another row is a negative.

        Over several processes the library asks to drop the last ones (sentence-transformers 6.2);
        they are kept here, because a small group has no others.
        """
        if not has_labels(dataset[0]["dataset_name"]):
            return NoDuplicatesBatchSampler(dataset, batch_size, drop_last=False, **arguments)
        order = RandomSampler(dataset, generator=arguments.get("generator"))
        return DefaultBatchSampler(order, batch_size, drop_last=False, **arguments)

    def get_multi_dataset_batch_sampler(
        self,
        dataset: ConcatDataset[Any],
        batch_samplers: Sequence[BatchSampler],
        generator: Generator | None = None,
        seed: int | None = 0,
    ) -> PartsOfBatches:
        """Batches of all groups, in proportion to their rows, in parts for the processes.

        Raises BadInput when no group has rows for all processes.
        """
        parts = PartsOfBatches(dataset, list(batch_samplers), generator, seed or 0)
        if not len(parts):
            raise BadInput(
                f"rows: of no kind are there {parts.parts}, one for each process; train on more "
                "rows or fewer devices"
            )
        parts.work = Path(self.args.output_dir)
        return parts

    def _load_from_checkpoint(self, checkpoint_path: str) -> None:
        # sentence-transformers 6.2 would load the whole model anew, and the float32 adapter in the
        # base's bfloat16, which loses bits
        weights = load_file(Path(checkpoint_path) / "adapter_model.safetensors")
        set_peft_model_state_dict(backbone_of(self.model), weights)


def embedder_trainer(rows: GroupedRows, run: TrainingRun[EmbedSettings]) -> EmbedderTrainer:
    """The trainer over `rows`: a dataset and a loss for each group that may meet in a batch."""
    settings = run.settings
    write_counts(run.work, given=rows.given, dropped=dict(rows.dropped))
    # the adapter's first weights are random, and the trainer seeds after they are made
    # (sentence-transformers 6.2; trl seeds before)
    set_seed(run.seed)
    model, datasets = adapted(run.base, settings), rows.datasets()
    return EmbedderTrainer(
        model=model,
        args=on_one_device(
            SentenceTransformerTrainingArguments(
                **run_arguments(run, tokens=held_tokens(settings)),
                per_device_train_batch_size=settings.batch_size,  # PartsOfBatches cuts it
            )
        ),
        train_dataset=DatasetDict(datasets),
        loss=losses_of(known_false_negatives(rows, settings), datasets, model, settings),
    )


def adapted(base: Path, settings: EmbedSettings) -> SentenceTransformer:
    """The base embedder with a fresh adapter, whose weights are float32 whatever the base's are."""
    model = base_embedder(base, settings)
    # transformers 5.19 makes an adapter in the base's own type; peft 0.21 does not, which trl calls
    model.add_adapter(lora_config(settings.lora, "FEATURE_EXTRACTION", base=base))
    cast_adapter_dtype(backbone_of(model), "default")
    return model


def rows_per_device(settings: EmbedSettings) -> int:
    """A device's part of a batch; raises BadInput when the devices do not divide it."""
    rows, rest = divmod(settings.batch_size, world_size())
    if rest:
        raise BadInput(
            f"batch_size: {settings.batch_size} is not a multiple of {world_size()} processes"
        )
    return rows


def held_tokens(settings: EmbedSettings) -> int:
    """The most tokens whose activations a device keeps: a mini-batch's, or all three columns'."""
    rows = rows_per_device(settings)
    is_cached = rows > settings.mini_batch_size
    return settings.mini_batch_tokens if is_cached else 3 * rows * settings.max_length


def known_false_negatives(rows: GroupedRows, settings: EmbedSettings) -> dict[str, FalseNegatives]:
    """Of the groups whose rows have any in a batch, what knows them."""
    known: dict[str, FalseNegatives] = {}
    for group, each in rows.datasets().items():
        if has_labels(group) and not is_alone(group, settings):
            columns = [name for name in ("positive", "negative") if name in each.column_names]
            known[group] = SameLabels.of([each[name] for name in columns])
        elif settings.guide and not has_labels(group):
            vectors = guides.vectors_of(rows.folder, group)
            known[group] = Guided(vectors, settings.guide_margin)
    return known


def losses_of(
    known: Mapping[str, FalseNegatives],
    groups: Collection[str],
    model: SentenceTransformer,
    settings: EmbedSettings,
) -> dict[str, nn.Module]:
    """The loss of each group: all negatives of a batch, those that are fair, or a row's own."""
    world = world_size()
    sizes: dict[str, Any] = {
        "scale": 1 / settings.temperature,
        "mini_batch_size": settings.mini_batch_size,
        "most_tokens": settings.mini_batch_tokens,
    }
    shared, own = in_batch_loss(model, settings, world=world), OwnNegativeLoss(model, **sizes)
    sizes["gather_across_devices"] = world > 1
    fair = {
        group: FairInBatchLoss(model, false_negatives=each, **sizes)
        for group, each in known.items()
    }
    return {
        group: fair.get(group, own if is_alone(group, settings) else shared) for group in groups
    }
