"""TrainJobs of Kubeflow Trainer as a training needs them: create, read, list, delete."""

import contextlib
import os
import time
from collections.abc import Mapping
from typing import Any

import urllib3
from kubernetes import client, config

from littlegiants.errors import BadInput, LittleGiantsError, Unavailable
from pipelines.api_errors import said

GROUP, VERSION, PLURAL = "trainer.kubeflow.org", "v1alpha1", "trainjobs"
RUN_ID = "littlegiants/run-id"
"""Label with the id of Kubeflow's run."""


class TrainJobs:
    """The TrainJobs of a namespace."""

    def __init__(self, namespace: str) -> None:
        """Raises BadInput when no cluster is configured."""
        self.namespace = namespace
        try:
            file = os.environ.get("KUBECONFIG")
            config.load_config(**({"config_file": file} if file else {}))
        except config.ConfigException as error:
            raise BadInput(
                f"KUBECONFIG: {error}; run in a pod, or name a kubeconfig file"
            ) from error
        self._api = client.CustomObjectsApi()
        self._where = {"group": GROUP, "version": VERSION, "namespace": namespace, "plural": PLURAL}

    def get(self, name: str) -> dict[str, Any] | None:
        """The TrainJob, or None."""
        try:
            return self._asked("get", name=name)
        except Missing:
            return None

    def of_run(self, run_id: str) -> list[str]:
        """Names of the TrainJobs that stages of a run have made; none where no Trainer is."""
        try:
            found = self._asked("list", label_selector=f"{RUN_ID}={run_id}")
        except Missing:
            return []
        return [str(each["metadata"]["name"]) for each in found["items"]]

    def create(self, job: Mapping[str, Any]) -> None:
        """Create it."""
        try:
            self._asked("create", body=dict(job))
        except Missing as error:
            raise BadInput(
                f"cluster: {GROUP}/{VERSION} is not served; install Kubeflow Trainer, or set "
                "training.nodes to 1"
            ) from error

    def delete(self, name: str, *, wait_s: float, poll_s: float) -> None:
        """Delete it with its pods, and wait until it is gone."""
        self.end(name)
        started = time.monotonic()
        while self.get(name):
            if time.monotonic() - started > wait_s:
                raise Unavailable(f"TrainJob {name}: does not go away; see its finalizers")
            time.sleep(poll_s)

    def end(self, name: str) -> None:
        """Have it deleted with its pods."""
        with contextlib.suppress(Missing):
            self._asked("delete", name=name, propagation_policy="Foreground")

    def _asked(self, verb: str, **arguments: Any) -> Any:
        call = getattr(self._api, f"{verb}_namespaced_custom_object")
        try:
            return call(**self._where, **arguments)
        except client.ApiException as error:
            raise self._refusal(error) from error
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(f"cluster: does not answer ({error}); start it again") from error

    def _refusal(self, error: client.ApiException) -> LittleGiantsError:
        told = f"cluster: answers {error.status}: {said(error)}"
        if error.status == 404:
            return Missing(told)
        if error.status in (401, 403):
            return BadInput(
                f"{told}; the pod's service account must create, get and delete {PLURAL}.{GROUP} "
                f"in {self.namespace}"
            )
        if error.status and 400 <= error.status < 500 and error.status not in (408, 409, 429):
            return BadInput(f"{told}; mend what it names")
        return Unavailable(f"{told}; start it again")


class Missing(LittleGiantsError):
    """There is no such object, or no such kind."""
