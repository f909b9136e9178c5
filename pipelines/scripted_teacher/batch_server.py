"""The batch API of the scripted teacher: files and batches, answered by the same script."""

import email
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from pipelines.openai_client.batch_results import lines_in

BATCHES = "/batches"
FILES = "/files"
RESULTS = ("output_file_id", "error_file_id")
TOO_MANY = "Enqueued token limit reached"
EXPIRED = 0
"""A script's outcome in place of a status: the provider did not get to this request in time."""


@dataclass(slots=True)
class ScriptedBatches:
    """Files and batches by id."""

    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    polls_to_end: int = 2
    """How often a batch is looked at before it has ended."""
    damage: Callable[[bytes], bytes] = field(default=lambda results: results)
    """What becomes of a file of results on its way."""
    failure: str = ""
    """Set: batches fail as a whole, with this message."""
    most: int | None = None
    """Set: batches of more requests fail as a whole, for all their tokens."""
    late_polls: int = 0
    """How often one that has ended is looked at before it has files."""
    lost_starts: int = 0
    """How many batches begin whose provider fails to say so."""
    is_absent: bool = False
    """Whether this endpoint has neither files nor batches."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Other words for statuses."""

    @property
    def sizes(self) -> list[int]:
        """Requests of each submitted batch."""
        inputs = [self.files[batch["input_file_id"]] for batch in self.batches.values()]
        return [len(lines_in(lines)) for lines in inputs]

    def post(
        self, path: str, headers: Mapping[str, str], body: bytes, script: Callable[..., Any]
    ) -> tuple[int, dict[str, Any]]:
        """Upload a file or start a batch; status and body."""
        if self.is_absent:
            return 404, {"detail": "Not Found"}
        if path.partition("?")[0].endswith(FILES):
            name = self._store(_uploaded(headers, body))
            told = {"id": name, "object": "file", "bytes": len(body), "created_at": 0}
            return 200, told | {"filename": name, "purpose": "batch", "status": "processed"}
        begun = {**json.loads(body), "object": "batch", "created_at": 0, "status": "in_progress"}
        name = f"batch-{len(self.batches)}"
        self.batches[name] = {**begun, "id": name, "polls": 0, "script": script}
        if self.lost_starts:
            self.lost_starts -= 1
            return 500, {"error": {"message": "something went wrong"}}
        return 200, self._shown(name)

    def get(self, path: str) -> bytes:
        """A batch, all batches, or a file's content."""
        name = path.partition("?")[0].rpartition("/")[2]
        if name == "content":
            return self.damage(self.files[path.partition("?")[0].split("/")[-2]])
        if name == "batches":
            shown = [self._shown(each) for each in reversed(self.batches)]
            return json.dumps({"object": "list", "data": shown, "has_more": False}).encode()
        batch = self.batches[name]
        batch["polls"] += 1
        if batch["polls"] >= self.polls_to_end and batch["status"] == "in_progress":
            self._end(batch)
        return json.dumps(self._shown(name)).encode()

    def _shown(self, name: str) -> dict[str, Any]:
        batch = self.batches[name]
        is_late = batch["polls"] < self.polls_to_end + self.late_polls
        hidden = ("polls", "script", *((*RESULTS,) if is_late else ()))
        shown = {key: value for key, value in batch.items() if key not in hidden}
        return {**shown, "status": self.words.get(batch["status"], batch["status"])}

    def _store(self, content: bytes) -> str:
        name = f"file-{len(self.files)}"
        self.files[name] = content
        return name

    def _end(self, batch: dict[str, Any]) -> None:
        lines = [json.loads(line) for line in lines_in(self.files[batch["input_file_id"]])]
        too_many = TOO_MANY if self.most is not None and len(lines) > self.most else ""
        if failure := self.failure or too_many:
            batch["status"] = "failed"
            batch["errors"] = {"object": "list", "data": [{"message": failure}]}
            return
        found = [_result(line, batch["script"](line["body"])) for line in reversed(lines)]
        fine = [each for each in found if not each["error"] and is_fine(each)]
        failed = [each for each in found if each["error"] or not is_fine(each)]
        batch["output_file_id"] = self._store(_jsonl(fine)) if fine else None
        batch["error_file_id"] = self._store(_jsonl(failed)) if failed else None
        counts = {"total": len(lines), "completed": len(fine), "failed": len(failed)}
        batch["request_counts"] = counts
        batch["status"] = "expired" if any(each["error"] for each in found) else "completed"


def is_fine(result: Mapping[str, Any]) -> bool:
    """Whether a line of results is a completion."""
    return bool(result["response"]["status_code"] == 200)


def _result(line: Mapping[str, Any], outcome: Any) -> dict[str, Any]:
    from pipelines.scripted_teacher.replies import odd, reply_of

    if outcome == EXPIRED:
        error = {"code": "batch_expired", "message": "This request could not be executed in time."}
        return {"custom_id": line["custom_id"], "response": None, "error": error}
    told = odd(outcome)
    body = reply_of(told) if told.status == 200 else json.loads(told.body or b"{}")
    response = {"status_code": told.status, "request_id": "scripted", "body": body}
    return {"custom_id": line["custom_id"], "response": response, "error": None}


def _jsonl(lines: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)


def _uploaded(headers: Mapping[str, str], body: bytes) -> bytes:
    """The file in a multipart form."""
    opening = f"content-type: {headers['Content-Type']}\r\n\r\n".encode()
    for part in email.message_from_bytes(opening + body).walk():
        if isinstance(part, Message) and part.get_filename():
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            return content
    raise ValueError("no file in the form")
