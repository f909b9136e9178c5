"""A generator service whose answer to a batch is what it was told, whole or not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc.aio

from littlegiants.v1 import generator_pb2, generator_pb2_grpc, model_pb2, model_pb2_grpc


class Truncating(generator_pb2_grpc.GeneratorServiceServicer, model_pb2_grpc.ModelServiceServicer):
    """Sends the messages that it was given, and no more."""

    def __init__(self, messages: tuple[generator_pb2.GenerateBatchResponse, ...]) -> None:
        self.messages = messages

    async def GetModelInfo(self, request: Any, context: Any) -> model_pb2.GetModelInfoResponse:
        """Nothing about it."""
        return model_pb2.GetModelInfoResponse()

    async def Generate(self, request: Any, context: Any) -> generator_pb2.GenerateResponse:
        """No candidates."""
        return generator_pb2.GenerateResponse()

    async def GenerateBatch(self, request: Any, context: Any) -> AsyncIterator[Any]:
        """The messages."""
        for message in self.messages:
            yield message


@asynccontextmanager
async def truncating_server(
    *messages: generator_pb2.GenerateBatchResponse,
) -> AsyncIterator[str]:
    """Its address."""
    server = grpc.aio.server()
    servicer = Truncating(messages)
    generator_pb2_grpc.add_GeneratorServiceServicer_to_server(servicer, server)
    model_pb2_grpc.add_ModelServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(0)
