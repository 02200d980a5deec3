"""A real gRPC server that keeps Tenantry's rules about tokens and fails on command, for the mechanics of the client."""

import asyncio
import base64
import json
import time
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from tenantry.auth_tokens.v1 import auth_tokens_service_pb2 as auth
from tenantry.auth_tokens.v1.tokens_pb2 import Token, Tokens
from tenantry.organizations.v1 import organizations_service_pb2 as organizations
from tenantry.organizations.v1.organization_pb2 import Organization
from tenantry.password_credentials.v1 import password_credentials_service_pb2 as passwords
from tenantry.users.v1 import users_service_pb2 as users

Context = grpc.aio.ServicerContext[Any, Any]
Handler = Callable[[Any, Context], Awaitable[Message]]

PASSWORD = "correct horse battery"
API_KEY = "an API key"
SERVICE_TOKEN = "a service token"


class StandIn:
    """Counts calls, checks credentials, rotates refresh tokens, ends a session when one is used twice."""

    def __init__(self) -> None:
        self.address = ""
        self.access_token_lifetime = 900.0
        self.expires_at_skew = 0.0
        """How far ahead of this machine's clock the server's is."""
        self.requests: dict[str, list[Message]] = defaultdict(list)
        self.metadata: list[dict[str, str | bytes]] = []
        self.failures: dict[str, list[Refusal]] = defaultdict(list)
        """What the next calls of an RPC are refused with."""
        self.lost_answers: dict[str, int] = defaultdict(int)
        """How many of the next calls of an RPC are carried out without the client hearing of it."""
        self.holds: dict[str, float] = defaultdict(float)
        """How many seconds each call of an RPC takes."""
        self.created: dict[str, organizations.CreateOrganizationResponse] = {}
        """The organizations, by the request_id that each was made with."""
        self._good_access_tokens: set[str] = set()
        self._refresh_token = ""
        self._spent: dict[str, tuple[str, Tokens]] = {}
        self._server = grpc.aio.server()

    async def start(self, credentials: grpc.ServerCredentials | None = None) -> None:
        """Listen on a free port of this machine."""
        for service, methods in self._services().items():
            handlers = {name: self._handler(name, *parts) for name, parts in methods.items()}
            self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
        if credentials:
            self.address = f"localhost:{self._server.add_secure_port('localhost:0', credentials)}"
        else:
            self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop(None)

    def expire_access_tokens(self) -> None:
        """Refuse all access tokens from now on, whatever the client thinks of their age."""
        self._good_access_tokens.clear()

    def count(self, name: str) -> int:
        return len(self.requests[name])

    def request_ids(self, name: str) -> list[str]:
        return [getattr(request, "request_id") for request in self.requests[name]]  # noqa: B009

    def _services(self) -> dict[str, dict[str, tuple[Handler, type[Message]]]]:
        return {
            "tenantry.password_credentials.v1.PasswordCredentialsService": {
                "AuthenticateCredential": (self._sign_in, passwords.AuthenticateCredentialRequest),
            },
            "tenantry.auth_tokens.v1.AuthTokensService": {
                "RefreshToken": (self._refresh, auth.RefreshTokenRequest),
                "RevokeToken": (self._revoke, auth.RevokeTokenRequest),
            },
            "tenantry.users.v1.UsersService": {
                "ListMembershipsForCaller": (self._list_memberships, users.ListMembershipsForCallerRequest),
                "ChangeDefaultOrganization": (self._change_default, users.ChangeDefaultOrganizationRequest),
            },
            "tenantry.organizations.v1.OrganizationsService": {
                "CreateOrganization": (self._create_organization, organizations.CreateOrganizationRequest),
            },
        }

    def _handler(self, name: str, handle: Handler, request_type: type[Message]) -> "grpc.RpcMethodHandler[Any, Any]":
        async def call(request: Message, context: Context) -> Message:
            self.requests[name].append(request)
            self.metadata.append(dict(context.invocation_metadata() or ()))
            await asyncio.sleep(self.holds[name])
            if self.failures[name]:
                await self.failures[name].pop(0).abort(context)
            response = await handle(request, context)
            if self.lost_answers[name]:
                self.lost_answers[name] -= 1
                await Refusal(grpc.StatusCode.UNAVAILABLE).abort(context)
            return response

        return grpc.unary_unary_rpc_method_handler(
            call,
            request_deserializer=request_type.FromString,
            response_serializer=lambda answer: answer.SerializeToString(),
        )

    async def _sign_in(self, request: passwords.AuthenticateCredentialRequest, context: Context) -> Message:
        if request.password != PASSWORD:
            await Refusal(grpc.StatusCode.UNAUTHENTICATED, "INVALID_CREDENTIALS").abort(context)
        return passwords.AuthenticateCredentialResponse(tokens=self._issue())

    async def _refresh(self, request: auth.RefreshTokenRequest, context: Context) -> Message:
        if request.refresh_token in self._spent:
            request_id, tokens = self._spent[request.refresh_token]
            if request_id == request.request_id:
                return auth.RefreshTokenResponse(tokens=tokens)
            self._refresh_token = ""
            self.expire_access_tokens()
        if request.refresh_token != self._refresh_token:
            await Refusal(grpc.StatusCode.UNAUTHENTICATED, "REFRESH_TOKEN_INVALID").abort(context)
        tokens = self._issue()
        self._spent[request.refresh_token] = (request.request_id, tokens)
        return auth.RefreshTokenResponse(tokens=tokens)

    async def _revoke(self, request: auth.RevokeTokenRequest, context: Context) -> Message:
        if request.refresh_token != self._refresh_token:
            await Refusal(grpc.StatusCode.UNAUTHENTICATED, "REFRESH_TOKEN_INVALID").abort(context)
        self._refresh_token = ""
        self.expire_access_tokens()
        return auth.RevokeTokenResponse()

    async def _list_memberships(self, request: users.ListMembershipsForCallerRequest, context: Context) -> Message:
        await self._authenticate(context)
        return users.ListMembershipsForCallerResponse(total_size=len(self.created))

    async def _change_default(self, request: users.ChangeDefaultOrganizationRequest, context: Context) -> Message:
        await self._authenticate(context)
        return users.ChangeDefaultOrganizationResponse()

    async def _create_organization(self, request: organizations.CreateOrganizationRequest, context: Context) -> Message:
        await self._authenticate(context)
        organization = Organization(id=f"org_{len(self.created)}", name=request.name)
        answer = organizations.CreateOrganizationResponse(organization=organization)
        return self.created.setdefault(request.request_id, answer)

    async def _authenticate(self, context: Context) -> None:
        metadata = dict(context.invocation_metadata() or ())
        shown = str(metadata.get("authorization", "")).removeprefix("Bearer ")
        if shown == SERVICE_TOKEN or metadata.get("x-api-key") == API_KEY or shown in self._good_access_tokens:
            return
        await Refusal(grpc.StatusCode.UNAUTHENTICATED, "TOKEN_EXPIRED" if shown else "NOT_AUTHENTICATED").abort(context)

    def _issue(self) -> Tokens:
        now = time.time() + self.expires_at_skew
        claims = {"iat": now, "exp": now + self.access_token_lifetime, "jti": str(uuid.uuid4())}
        payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        access_token = Token(value=f"e30.{payload}.c2ln")
        access_token.expires_at.FromNanoseconds(int((now + self.access_token_lifetime) * 1e9))
        self._good_access_tokens.add(access_token.value)
        self._refresh_token = str(uuid.uuid4())
        return Tokens(access_token=access_token, refresh_token=Token(value=self._refresh_token))


class Refusal:
    """An error as the server answers it, AIP-193."""

    def __init__(
        self,
        code: grpc.StatusCode,
        reason: str = "",
        *,
        details: tuple[Message, ...] = (),
        request_id: str = "",
        **metadata: str,
    ) -> None:
        self._code = code
        self._details = (
            (ErrorInfo(reason=reason, domain="tenantry", metadata=metadata), *details) if reason else details
        )
        self._request_id = request_id

    async def abort(self, context: Context) -> NoReturn:
        status = Status(code=self._code.value[0], message="refused")
        for detail in self._details:
            packed = AnyMessage()
            packed.Pack(detail)
            status.details.append(packed)
        trailing: list[tuple[str, str | bytes]] = [("grpc-status-details-bin", status.SerializeToString())]
        if self._request_id:
            trailing.append(("x-request-id", self._request_id))
        await context.abort(self._code, "refused", tuple(trailing))
