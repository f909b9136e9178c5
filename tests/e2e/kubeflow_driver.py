"""What Kubeflow's driver does: the tasks of a compiled pipeline in their order, with their inputs.

After `backend/src/v2/driver` of Kubeflow Pipelines 2.17: a task begins when those that it depends
on have ended, a loop has one task for each item of a list, and what its tasks give is a list again.
Nothing is cached. What our graph has none of (conditions, input artifacts) is refused.
"""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]
Values = Mapping[str, Any]
"""Parameters by name: strings, numbers, lists."""
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
KNOWN = {
    *("cachingOptions", "componentRef", "dependentTasks", "inputs", "taskInfo", "retryPolicy"),
    *("parameterIterator", "iteratorPolicy"),
}
"""All that a task of the graph may say."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task that a pod is made for."""

    name: str
    """Of the task in its graph; one of a loop has its number too."""
    stage: str
    component: Object
    inputs: Values


Execute = Callable[[Task], Values]
"""Runs a task to its end, and gives its output parameters."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A compiled pipeline: its graph, and what Kubernetes is told of each executor beside it."""

    graph: Object
    executors: Object
    platform: Object

    def execute(self, arguments: Values, execute: Execute) -> None:
        """Run every task; the first failure is raised when what runs beside it has ended."""
        root = self.graph["root"]
        Driver(self.graph["components"], execute).run_graph(root, completed(root, arguments), "")


def read_pipeline(path: Path) -> Pipeline:
    """The pipeline that was compiled into a file."""
    graph, *rest = yaml.load_all(path.read_text(encoding="utf-8"), LOADER)
    told = rest[0]["platforms"]["kubernetes"] if rest else {"deploymentSpec": {"executors": {}}}
    executors, platform = (each["deploymentSpec"]["executors"] for each in (graph, told))
    return Pipeline(graph, executors, platform)


@dataclass(frozen=True, slots=True)
class Driver:
    """Goes through graphs of these components."""

    components: Object
    execute: Execute

    def run_graph(self, component: Object, inputs: Values, place: str) -> Values:
        """Run the tasks of a graph, each as early as it can; the graph's outputs."""
        tasks, ended = component["dag"]["tasks"], dict[str, Values]()
        order = TopologicalSorter(
            {name: task.get("dependentTasks", ()) for name, task in tasks.items()}
        )
        order.prepare()
        running: dict[Future[Values], str] = {}
        with ThreadPoolExecutor(len(tasks)) as pool:
            while order.is_active():
                for name in order.get_ready():
                    told = resolved(tasks[name], inputs, ended)
                    running[pool.submit(self.run_task, tasks[name], told, place + name)] = name
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    name = running.pop(done)
                    ended[name] = done.result()
                    order.done(name)
        return outputs_of(component, ended)

    def run_task(self, task: Object, told: Values, name: str) -> Values:
        """Run one task, which may be a loop or a graph of its own."""
        component = self.components[task["componentRef"]["name"]]
        if "parameterIterator" in task:
            return self.run_loop(task, told, name)
        inputs = completed(component, told)
        if "dag" in component:
            return self.run_graph(component, inputs, f"{name}-")
        return self.execute(Task(name, task["taskInfo"]["name"], component, inputs))

    def run_loop(self, task: Object, told: Values, name: str) -> Values:
        """Run a graph once for each item, side by side; lists of what each gave."""
        component, iterator = (
            self.components[task["componentRef"]["name"]],
            task["parameterIterator"],
        )
        items = items_of(iterator["items"], told)
        at_once = task.get("iteratorPolicy", {}).get("parallelismLimit") or len(items)

        def run(number: int) -> Values:
            inputs = completed(component, {**told, iterator["itemInput"]: items[number]})
            return self.run_graph(component, inputs, f"{name}-{number}-")

        with ThreadPoolExecutor(max(1, at_once)) as pool:
            given = list(pool.map(run, range(len(items))))
        names = component.get("outputDefinitions", {}).get("parameters", {})
        return {name: [each[name] for each in given] for name in names}


def resolved(task: Object, inputs: Values, ended: Mapping[str, Values]) -> Values:
    """A task's inputs, from its graph's own and from what tasks before it gave."""
    assert task.keys() <= KNOWN, f"the driver knows no {', '.join(task.keys() - KNOWN)}"
    told = task.get("inputs", {})
    assert told.keys() <= {"parameters"}, "the driver knows no input artifacts"

    def value(source: Object) -> Any:
        match source:
            case {"componentInputParameter": name, **rest} if not rest:
                return inputs[name]
            case {"runtimeValue": {"constant": constant}} if "{{$" not in str(constant):
                return constant
            case {"taskOutputParameter": {"producerTask": name, "outputParameterKey": key}}:
                return ended[name][key]
        raise AssertionError(f"the driver cannot resolve {source}")

    return {name: value(source) for name, source in told.get("parameters", {}).items()}


def completed(component: Object, told: Values) -> Values:
    """The inputs of a component, with its defaults where nothing is told."""
    wanted = component.get("inputDefinitions", {}).get("parameters", {})
    assert told.keys() <= wanted.keys(), f"unknown inputs: {', '.join(told.keys() - wanted.keys())}"
    defaults = {
        name: each["defaultValue"] for name, each in wanted.items() if "defaultValue" in each
    }
    found = {**defaults, **told}
    assert found.keys() == wanted.keys(), f"no value for {', '.join(wanted.keys() - found.keys())}"
    return found


def items_of(source: Object, told: Values) -> list[Any]:
    """What a loop goes over."""
    given = told[source["inputParameter"]] if "inputParameter" in source else source["raw"]
    items = json.loads(given) if isinstance(given, str) else given
    assert isinstance(items, list), f"a loop goes over a list, not over {given!r}"
    return items


def outputs_of(component: Object, ended: Mapping[str, Values]) -> Values:
    """What a graph gives, from what its tasks gave."""
    told = component["dag"].get("outputs", {}).get("parameters", {})
    sources = {name: each["valueFromParameter"] for name, each in told.items()}
    return {
        name: ended[each["producerSubtask"]][each["outputParameterKey"]]
        for name, each in sources.items()
    }
