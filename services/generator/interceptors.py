"""What every call passes on its way to a servicer, in this order."""

from collections.abc import Sequence

import grpc.aio

from services.generator.reading import Reading
from services.generator.served import Served

Interceptor = grpc.aio.ServerInterceptor


def interceptors(served: Served, *, admin: bool) -> Sequence[Interceptor]:
    """Of the service's port, or of the admin port."""
    return (Reading(),)
