"""The Open Directory's RDF dump (content.rdf.u8) in, its topic paths out, in one pass."""

import codecs
import re
from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from littlegiants.errors import BadInput

ROOT = "Top/"
CHUNK_BYTES = 1 << 16
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""The published dumps hold a few control characters and broken UTF-8, which no XML parser takes."""


def directory_topics(stream: IO[bytes], name: str) -> Iterator[str]:
    """The `r:id` of each `<Topic>` in document order, without the leading `Top/`.

    Raises BadInput when the file is not well-formed, or declares entities or a document type.
    """
    ids = _TopicIds()
    parser = DefusedXMLParser(target=ids, forbid_dtd=True)
    try:
        for text in _text(stream):
            parser.feed(text)
            yield from ids.take()
        parser.close()
    except ParseError as error:
        line = error.position[0]
        raise BadInput(f"{name}:{line}: not an RDF dump ({error}); get the file again") from error
    except DefusedXmlException as error:
        raise BadInput(f"{name}: declares a document type or entities; remove them") from error
    yield from ids.take()


class _TopicIds:
    """What the parser calls: it keeps the ids that it meets, and no tree."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition("}")[2] == "Topic":
            ids = (value for key, value in attributes.items() if key.rpartition("}")[2] == "id")
            path = next(ids, "").removeprefix(ROOT).strip("/")
            if path and path != ROOT.rstrip("/"):
                self._found.append(path)

    def close(self) -> None:
        """The end of the document."""

    def take(self) -> list[str]:
        found, self._found = self._found, []
        return found


def _text(stream: IO[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    while chunk := stream.read(CHUNK_BYTES):
        yield _NOT_XML.sub(" ", decoder.decode(chunk))
    yield decoder.decode(b"", final=True)
