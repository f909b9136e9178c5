"""A client of the Kubeflow Pipelines API: versions up, runs begun, looked at, stopped."""

import contextlib
import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import kfp
import kfp_server_api
import urllib3
from kfp.client import ServiceAccountTokenVolumeCredentials

from littlegiants.errors import BadInput, Unavailable
from pipelines.api_errors import said
from pipelines.kubeflow.api import (
    ApiAddress,
    RunRequest,
    Trigger,
    Version,
    named,
    names_of,
    refusal,
    version_name,
)
from pipelines.kubeflow.follow import Look, StageLook
from pipelines.kubeflow.graph import DESCRIPTION, NAME, GraphOptions, compile_graph

PAGE = 100


class _Client(kfp.Client):
    """kfp's client, which neither retries on its own nor writes files."""

    def get_kfp_healthz(self, sleep_duration: int = 5) -> Any:
        return self._healthz_api.healthz_service_get_healthz()

    def set_user_namespace(self, namespace: str) -> None:
        self._context_setting["namespace"] = namespace


class Api:
    """A KFP API, as a person with a namespace sees it."""

    def __init__(self, address: ApiAddress) -> None:
        """Connect; raises Unavailable when it does not answer, BadInput when it refuses us."""
        self._address = address
        file = address.token_file
        with self._asking(), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            self._client = _Client(
                host=address.host,
                namespace=address.namespace or "kubeflow",
                existing_token=address.token or None,
                credentials=ServiceAccountTokenVolumeCredentials(file) if file else None,
                ssl_ca_cert=address.ca_file or None,
                ui_host=address.ui or None,
            )

    def register(
        self, options: GraphOptions, *, version: str, pipeline: str = NAME, is_newest: bool = False
    ) -> Version:
        """The version of the graph with these options; uploaded unless it is there.

        With `is_newest` it is also the last one, which is started where nobody says which: what
        others came after is uploaded again, under another name, as a version keeps its age.
        """
        with TemporaryDirectory() as folder, self._asking():
            package = Path(folder, "pipeline.yaml")
            compile_graph(package, options)
            pipeline_id = self._pipeline(pipeline)
            last = self._version(pipeline_id, page_size=1, sort_by="created_at desc")
            for name in names_of(version_name(version, package.read_bytes())):
                known = self._version(pipeline_id, page_size=PAGE, filter=named(name))
                if known is None:
                    break
                if known == last or not is_newest:
                    return known
            made = self._client.upload_pipeline_version(
                str(package), name, pipeline_id=pipeline_id, description=DESCRIPTION
            )
            return Version(pipeline_id, made.pipeline_version_id, name, is_new=True)

    def newest(self, pipeline: str) -> Version:
        """The version that was uploaded last; raises BadInput when there is none."""
        with self._asking():
            space = self._address.namespace or None
            found = self._client.list_pipelines(namespace=space, filter=named(pipeline))
            for each in found.pipelines or ():
                order = "created_at desc"
                if last := self._version(each.pipeline_id, page_size=1, sort_by=order):
                    return last
        raise BadInput(
            f"pipeline: no version of {pipeline!r} is registered; set pipelines.register in the "
            "chart and name its pipeline with --pipeline, or run `python -m pipelines register`"
        )

    def spec(self, version: Version) -> dict[str, Any]:
        """The graph of a version, and what Kubernetes is told of its pods."""
        with self._asking():
            found = self._client.get_pipeline_version(version.pipeline_id, version.version_id)
        return dict(found.pipeline_spec or {})

    def _version(self, pipeline_id: str, **which: Any) -> Version | None:
        """The first version that the API lists."""
        listed = self._client.list_pipeline_versions(pipeline_id, **which).pipeline_versions
        if not listed:
            return None
        first = listed[0]
        return Version(pipeline_id, first.pipeline_version_id, first.display_name, is_new=False)

    def start(self, version: Version, run: RunRequest) -> str:
        """Begin a run; gives its id."""
        with self._asking():
            started = self._client.run_pipeline(
                job_name=run.name, **self._started_with(version, run)
            )
            return str(started.run_id)

    def repeat(self, version: Version, run: RunRequest, trigger: Trigger) -> str:
        """Begin a recurring run, one at a time, missed ones left out; gives its id."""
        with self._asking():
            recurring = self._client.create_recurring_run(
                job_name=run.name,
                interval_second=trigger.every_s or None,
                cron_expression=trigger.cron or None,
                max_concurrency=1,
                no_catchup=True,
                **self._started_with(version, run),
            )
            return str(recurring.recurring_run_id)

    def look(self, run_id: str) -> Look:
        """How a run stands."""
        with self._asking():
            run = self._client.get_run(run_id)
        details = run.run_details.task_details if run.run_details else None
        stages = [
            StageLook(task.display_name or "", task.state or "", task.start_time, task.end_time)
            for task in details or ()
        ]
        error = run.error.message if run.error else ""
        return Look(run.display_name or run_id, run.state or "", stages, error or "")

    def stop(self, run_id: str) -> None:
        """Stop a run; what its stages have done stays."""
        with self._asking():
            self._client.terminate_run(run_id)

    def link(self, run_id: str) -> str:
        """Where a person looks at a run."""
        return f"{(self._address.ui or self._address.host).rstrip('/')}/#/runs/details/{run_id}"

    def _started_with(self, version: Version, run: RunRequest) -> dict[str, Any]:
        space = self._address.namespace or None
        experiment = self._client.create_experiment(run.experiment, namespace=space)
        return {
            "experiment_id": experiment.experiment_id,
            "params": dict(run.arguments),
            "pipeline_id": version.pipeline_id,
            "version_id": version.version_id,
            "service_account": run.service_account or None,
            "pipeline_root": run.pipeline_root or None,
        }

    def _pipeline(self, name: str) -> str:
        """The id of the pipeline `name`, made when there is none."""
        space = self._address.namespace or None
        found = self._client.list_pipelines(page_size=PAGE, namespace=space, filter=named(name))
        if found.pipelines:
            return str(found.pipelines[0].pipeline_id)
        # upload_pipeline would add a first version named as the pipeline is
        made = self._client._pipelines_api.pipeline_service_create_pipeline(
            kfp_server_api.V2beta1Pipeline(
                display_name=name, name=name, description=DESCRIPTION, namespace=space
            )
        )
        return str(made.pipeline_id)

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        """What goes wrong there, as one of our errors; kfp's own printing is left out."""
        host = self._address.host
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                yield
        except kfp_server_api.ApiException as error:
            raise refusal(host, error.status, said(error)) from error
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(
                f"host: {host} does not answer ({error}); is it the address of ml-pipeline, "
                "and is the port forwarded?"
            ) from error
        except OSError as error:
            raise BadInput(f"token-file or ca-file: {error}; name a file that is there") from error
