"""Log lines as text for people, or as JSON for machines, with the call that each belongs to."""

import json
import logging
import logging.config
from pathlib import Path

from services.generator.callers import CALLER
from services.generator.current_call import CALL, REQUEST_ID, trace_id

JSON_CONFIG = Path(__file__).with_name("json_logs.json")
"""In the form of `logging.config`; vLLM's processes read the same file."""
TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


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


def configure(log_format: str) -> None:
    """Log in this form, from `info` on."""
    if log_format == "json":
        logging.config.dictConfig(json.loads(JSON_CONFIG.read_text("utf-8")))
    else:
        logging.basicConfig(level=logging.INFO, format=TEXT)
