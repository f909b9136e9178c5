"""sentence-transformers' trainer with the right batches for each kind and an exact restart."""

from pathlib import Path
from typing import Any

from datasets import Dataset
from peft import set_peft_model_state_dict
from safetensors.torch import load_file
from sentence_transformers import SentenceTransformerTrainer
from sentence_transformers.base.sampler import DefaultBatchSampler, NoDuplicatesBatchSampler
from torch.utils.data import BatchSampler, RandomSampler

from pipelines.models.decoder_embedder import backbone_of
from pipelines.training.batching import OWN_NEGATIVES


class EmbedderTrainer(SentenceTransformerTrainer):
    """Expects a dataset per kind and a loss per kind."""

    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
        """None: the run's report tells about the model."""

    def get_batch_sampler(
        self, dataset: Dataset, batch_size: int, drop_last: bool, **arguments: Any
    ) -> BatchSampler:
        """Random batches; without equal texts where rows are each other's negatives."""
        if dataset[0]["dataset_name"] not in OWN_NEGATIVES:
            return NoDuplicatesBatchSampler(dataset, batch_size, drop_last, **arguments)
        order = RandomSampler(dataset, generator=arguments.get("generator"))
        return DefaultBatchSampler(order, batch_size, drop_last, **arguments)

    def _load_from_checkpoint(self, checkpoint_path: str) -> None:
        # The library reloads the float32 adapter in the base's bfloat16, which loses bits.
        weights = load_file(Path(checkpoint_path) / "adapter_model.safetensors")
        set_peft_model_state_dict(backbone_of(self.model), weights)
