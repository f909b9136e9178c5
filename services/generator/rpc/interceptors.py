"""The interceptors that every call passes on its way to a servicer, in their order."""

from collections.abc import Sequence

import grpc.aio

from services.generator.generation.served_model import Served
from services.generator.rpc.around_call import Wrapping
from services.generator.rpc.authentication import Authentication
from services.generator.rpc.call_observer import Observer
from services.generator.rpc.deserialization import Deserialization
from services.generator.rpc.statuses import told_faults
from services.generator.security.tokens import Callers

Interceptor = grpc.aio.ServerInterceptor


def interceptors(served: Served, *, admin: bool) -> Sequence[Interceptor]:
    """Of the service's port, or of the admin port.

    Raises BadInput when tokens are asked for and there are none.
    """
    settings = served.settings
    tokens = settings.admin_tokens if admin else settings.tokens
    asked_for = (Authentication(Callers(tokens)),) if tokens else ()
    observer = Observer(served.telemetry)
    return (
        Wrapping(observer.observed),
        *asked_for,
        Wrapping(told_faults),
        Deserialization(),
        Wrapping(served.quotas.counted),
    )
