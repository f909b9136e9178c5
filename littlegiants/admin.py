"""The client of a server's admin port: reload its weights, drain it."""

from littlegiants.connection import TIMEOUT_S, ServiceClient, translated_errors
from littlegiants.v1 import admin_pb2, admin_pb2_grpc


class AdminClient(ServiceClient):
    """Operates a server, on its admin port."""

    async def reload(self, *, timeout_s: float = TIMEOUT_S) -> str:
        """Let the server follow its weights pointer now; the digest that it serves then.

        Raises BadInput when the new weights are refused: the old ones keep serving.
        """
        stub = admin_pb2_grpc.AdminServiceStub(self.channel)
        with translated_errors(self.address):
            answer = await stub.Reload(admin_pb2.ReloadRequest(), timeout=timeout_s)
        return answer.weights_digest

    async def drain(self, *, timeout_s: float = 30) -> int:
        """Take the server out of service; how many completions were still under way at the end."""
        stub = admin_pb2_grpc.AdminServiceStub(self.channel)
        request = admin_pb2.DrainRequest(timeout_s=timeout_s)
        with translated_errors(self.address):
            answer = await stub.Drain(request, timeout=timeout_s + 10)
        return answer.unfinished_count
