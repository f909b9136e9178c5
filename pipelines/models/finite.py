"""Ends a training as soon as its loss is not finite any more, and says so."""

import math

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from littlegiants.errors import BadInput

REMEDY = (
    "lower learning_rate, set dtype to float32, or take another base: its weights may hold a NaN"
)


class FiniteLoss(TrainerCallback):
    """Ends the run at the first step whose loss or gradient norm is not finite.

    A step is logged before its checkpoint is saved, and in every process, so that there never is
    a checkpoint of such a step and no process waits for another (transformers 5.19).
    """

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Raise BadInput for a step that is not finite."""
        entry = state.log_history[-1]
        # float16 scales its gradients: a norm that overflows lowers the scale and skips the step
        names = ("loss",) if args.fp16 else ("loss", "grad_norm")
        found = {name: entry[name] for name in names if name in entry}
        if not all(math.isfinite(value) for value in found.values()):
            told = ", ".join(f"{name} {value}" for name, value in found.items())
            raise BadInput(
                f"training: step {entry['step']} of {state.max_steps}: {told} at learning_rate "
                f"{entry.get('learning_rate', args.learning_rate):.3g}: not finite; {REMEDY}"
            )
