"""Tasks of your own: the classes of a Python file that derive from a task class of mteb."""

import importlib.util
import sys
from functools import cache
from inspect import isabstract, isclass
from pathlib import Path
from types import ModuleType

from mteb.abstasks import AbsTask

from littlegiants.errors import BadInput
from littlegiants.weights import file_digest
from pipelines.evaluation.presets import MODULE, file_and_task


def tasks_in(reference: str) -> list[str]:
    """`module:FILE#NAME` for each task of `module:FILE`, in the order of their definition.

    Raises BadInput when the file cannot be imported or has none of that name.
    """
    file, name = file_and_task(reference)
    found = _classes(file)
    if name and name not in found:
        raise BadInput(f"tasks: {file} has no task {name!r}; it has {', '.join(found)}")
    return [f"{MODULE}{file}#{each}" for each in ([name] if name else found)]


def module_task(reference: str) -> AbsTask:
    """The task that `module:FILE#NAME` names; raises as `tasks_in`."""
    (named,) = tasks_in(reference)
    file, name = file_and_task(named)
    return _classes(file)[name]()


def _classes(file: str) -> dict[str, type[AbsTask]]:
    path = Path(file)
    if not path.is_file():
        raise BadInput(f"tasks: {file} is not there; name a Python file that defines tasks of mteb")
    module = _imported(path.absolute(), file_digest(path))
    classes = [each for each in vars(module).values() if _is_task(each, module)]
    if not classes:
        raise BadInput(
            f"tasks: {file} defines no task; derive a class from one of mteb.abstasks and give it "
            "`metadata`"
        )
    found = {each.metadata.name: each for each in classes}
    if len(found) < len(classes):
        raise BadInput(f"tasks: {file}: two tasks have one name; give each its own in `metadata`")
    return found


def _is_task(value: object, module: ModuleType) -> bool:
    is_own = isclass(value) and issubclass(value, AbsTask) and value.__module__ == module.__name__
    return is_own and not isabstract(value) and hasattr(value, "metadata")


@cache
def _imported(path: Path, content: str) -> ModuleType:
    """The file as a module of its own; once for each content."""
    spec = importlib.util.spec_from_file_location(f"littlegiants_tasks_{content[:16]}", path)
    if spec is None or spec.loader is None:
        raise BadInput(f"tasks: {path} is no Python file; its name must end with .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise BadInput(
            f"tasks: {path} cannot be imported: {type(error).__name__}: {error}; mend it"
        ) from error
    return module
