"""What the servicers of identity share: tokens as the wire has them."""

from tenantry.auth_tokens.v1 import tokens_pb2

from server.kernel.rpc.times import to_timestamp
from server.subdomains.identity.tokens import Tokens


def tokens_to_proto(tokens: Tokens) -> tokens_pb2.Tokens:
    """What somebody who has signed in gets."""
    return tokens_pb2.Tokens(
        user_id=tokens.user_id,
        session_id=tokens.session_id,
        access_token=tokens_pb2.Token(
            value=tokens.access_token,
            expires_at=to_timestamp(tokens.access_token_expires_at),
            type=tokens_pb2.TOKEN_TYPE_ACCESS,
        ),
        refresh_token=tokens_pb2.Token(
            value=tokens.refresh_token,
            expires_at=to_timestamp(tokens.refresh_token_expires_at),
            type=tokens_pb2.TOKEN_TYPE_REFRESH,
        ),
    )
