"""SingleSignOnService over gRPC: converts, calls one use case, converts back."""

from collections.abc import Iterator

from tenantry.single_sign_on.v1 import single_sign_on_service_pb2, single_sign_on_service_pb2_grpc

from server.kernel import values
from server.kernel.errors import Violation
from server.kernel.rpc.context import Context
from server.kernel.rpc.times import to_timestamp
from server.subdomains.identity.servicer import tokens_to_proto
from server.subdomains.identity.single_sign_on.application.sign_ins import Return, SignIns

_LONGEST_INVITATION = 43


class SingleSignOnServicer(single_sign_on_service_pb2_grpc.SingleSignOnServiceServicer):
    """Answers SingleSignOnService."""

    def __init__(self, sign_ins: SignIns) -> None:
        self._sign_ins = sign_ins

    def check_StartSingleSignOn(
        self, request: single_sign_on_service_pb2.StartSingleSignOnRequest
    ) -> Iterator[Violation]:
        if request.login_hint and values.email(request.login_hint) is None:
            yield Violation("login_hint", "INVALID_LOGIN_HINT", "must be an e-mail address")

    async def StartSingleSignOn(
        self, request: single_sign_on_service_pb2.StartSingleSignOnRequest, context: Context
    ) -> single_sign_on_service_pb2.StartSingleSignOnResponse:
        started = await self._sign_ins.start_single_sign_on(
            provider_name=request.provider,
            code_challenge=request.code_challenge,
            prompt_login=request.prompt_login,
            login_hint=values.email(request.login_hint) if request.login_hint else None,
        )
        return single_sign_on_service_pb2.StartSingleSignOnResponse(
            authorization_url=started.authorization_url,
            state=started.state,
            expires_at=to_timestamp(started.expires_at),
        )

    def check_AuthenticateSingleSignOn(
        self, request: single_sign_on_service_pb2.AuthenticateSingleSignOnRequest
    ) -> Iterator[Violation]:
        if self._sign_ins.needs_start(request.provider):
            if not request.state:
                yield Violation("state", "INVALID_STATE", "must be the state that came back with the code")
            if not request.code_verifier:
                yield Violation("code_verifier", "INVALID_CODE_VERIFIER", "must be that of the started sign-in")
        elif not request.username:
            yield Violation("username", "INVALID_USERNAME", "must say whom to sign in")
        if request.username and values.email(request.username) is None:
            yield Violation("username", "INVALID_USERNAME", "must be an e-mail address")
        if len(request.invitation_token) > _LONGEST_INVITATION:
            yield Violation("invitation_token", "WRONG_INVITATION_KIND", "is an invitation to a team")

    async def AuthenticateSingleSignOn(
        self, request: single_sign_on_service_pb2.AuthenticateSingleSignOnRequest, context: Context
    ) -> single_sign_on_service_pb2.AuthenticateSingleSignOnResponse:
        is_said = request.HasField("terms_and_conditions_accepted")
        brought = Return(
            provider=request.provider,
            auth_code=request.auth_code,
            state=request.state,
            code_verifier=request.code_verifier,
            issuer=request.iss or None,
            username=request.username or None,
            invitation_token=request.invitation_token or None,
            are_terms_accepted=request.terms_and_conditions_accepted if is_said else True,
        )
        tokens = await self._sign_ins.authenticate_single_sign_on(brought)
        return single_sign_on_service_pb2.AuthenticateSingleSignOnResponse(tokens=tokens_to_proto(tokens))
