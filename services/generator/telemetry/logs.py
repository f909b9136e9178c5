"""Logs as text for people or as JSON for machines, each line with the call that it belongs to."""

import logging
from pathlib import Path
from typing import TextIO

from pythonjsonlogger.json import JsonFormatter

from services.generator.security.tokens import CALLER
from services.generator.telemetry.current_call import CALL, REQUEST_ID, trace_id

VLLM_CONFIG = Path(__file__).with_name("json_logs.json")
"""For VLLM_LOGGING_CONFIG_PATH: the log of vLLM, and of its processes, goes the same way."""
TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
FIELDS = ("timestamp", "levelname", "name", "process", "message")
NAMES = {"levelname": "level", "name": "logger"}


class CallFields(logging.Filter):
    """Adds what is known of the call to each record; it lets every record pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Set the fields that are not empty."""
        call, request_id = CALL.get(), REQUEST_ID.get()
        fields = {
            "method": call.method if call else "",
            "request_ids": [request_id] if request_id else list(call.request_ids if call else ()),
            "caller": CALLER.get(),
            "trace_id": trace_id(),
        }
        for name, value in fields.items():
            if value:
                setattr(record, name, value)
        return True


class PresentCallers(logging.Filter):
    """Drops gRPC's word on an answer whose caller had gone: the call's own line tells how it ended.

    grpcio logs it as an error with a traceback (cygrpc, ExecuteBatchError).
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is of something else."""
        error = record.exc_info[1] if record.exc_info else None
        return type(error).__name__ != "ExecuteBatchError"


def json_handler() -> "logging.StreamHandler[TextIO]":
    """One object a line on standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter(FIELDS, rename_fields=NAMES, timestamp=True))
    handler.addFilter(CallFields())
    return handler


def configure(log_format: str) -> None:
    """Log in this form, from `info` on; what is configured already stays."""
    logging.getLogger("grpc._cython.cygrpc").addFilter(PresentCallers())
    if log_format == "json":
        logging.basicConfig(level=logging.INFO, handlers=[json_handler()])
    else:
        logging.basicConfig(level=logging.INFO, format=TEXT)
