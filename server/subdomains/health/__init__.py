"""Health: whether the server is alive. Whether it is ready for calls says the standard grpc.health.v1.Health."""
