"""The floor: what grpc.aio and asyncpg cost with nothing of ours between them."""
