"""Found on the path, Python runs it first: it hides AVX-512 and AMX from torch, and so from vLLM.

vLLM chooses its kernels by what torch tells of the processor; torch's and oneDNN's own limits do
not reach it.
"""

import sys
from collections.abc import Mapping
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

MODULE = "torch.cpu"
HIDDEN = ("avx512", "amx")


class Finder(MetaPathFinder):
    """Finds torch.cpu once, as it is, and changes it when it has been run."""

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> Any:
        if name != MODULE:
            return None
        sys.meta_path.remove(self)
        return changed(PathFinder.find_spec(name, path, target))


def changed(spec: ModuleSpec | None) -> ModuleSpec | None:
    """The spec of a module that tells of nothing HIDDEN."""
    assert spec
    loader: Any = spec.loader
    execute = loader.exec_module

    def then_hide(module: Any) -> None:
        execute(module)
        told = module.get_capabilities()

        def capabilities() -> Mapping[str, Any]:
            return {name: told[name] and not name.startswith(HIDDEN) for name in told}

        module.get_capabilities = capabilities

    loader.exec_module = then_hide
    return spec


sys.meta_path.insert(0, Finder())
