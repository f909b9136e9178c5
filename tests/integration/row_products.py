"""A program: with how many rows beside it does a row's product change, bare and in blocks?"""

import json
import sys
from collections.abc import Callable

import torch
from torch.nn.functional import linear
from vllm import _custom_ops as ops
from vllm.platforms import current_platform

from services.generator.engine.vllm_adapter_rows import of_adapters
from services.generator.engine.vllm_rows import in_blocks

WIDTH, OUT = 1536, 576
COUNTS = (1, 2, 3, 5, 11, 12, 13, 31, 32, 33, 65, 100)

Product = Callable[[torch.Tensor], torch.Tensor]


def changing(product: Product, rows: torch.Tensor) -> list[int]:
    """Counts of rows whose products are not those of all rows, at either end of them."""
    whole = product(rows)
    return [
        count
        for count in COUNTS
        if not torch.equal(product(rows[:count]), whole[:count])
        or not torch.equal(product(rows[-count:]), whole[-count:])
    ]


def found(dtype: torch.dtype) -> dict[str, list[int]]:
    """What changes, by the library that multiplies and by how it is called."""
    weight, rows = torch.randn(OUT, WIDTH).to(dtype), torch.randn(130, WIDTH).to(dtype)
    packed = ops.create_onednn_mm(weight.t(), 32)
    products: dict[str, Callable[..., torch.Tensor]] = {
        "torch": lambda x, weight, bias: linear(x, weight, bias),
        "onednn": lambda x, weight, bias: ops.onednn_mm(packed, x, bias),
    }
    adapters = torch.randn(3, 1, 16, WIDTH).to(dtype)
    mixed = {
        "adapters, in blocks": changing(
            lambda x: of_adapters(in_blocks(linear), x, adapters, slots_of(x)), rows
        )
    }
    return mixed | {
        f"{name}, {way}": changing(lambda x, p=called: p(x, weight, None), rows)  # type: ignore[misc]
        for name, product in products.items()
        for way, called in (
            ("bare", product),
            ("in blocks", in_blocks(product)),
            ("in blocks of a batch", in_a_batch(in_blocks(product))),
        )
    }


def slots_of(rows: torch.Tensor) -> torch.Tensor:
    """An adapter for each row, always the same; for some there is none."""
    return (rows[:, 0] * 4).round().to(torch.int64) % 4 - 1


def in_a_batch(product: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """`product` as a model asks for it whose rows are those of one text in a batch."""
    return lambda x, weight, bias: product(x[None], weight, bias)[0]


if __name__ == "__main__":
    torch.manual_seed(0)
    torch.set_num_threads(1)
    current_platform.import_kernels()
    print(json.dumps(found(getattr(torch, sys.argv[1]))))
