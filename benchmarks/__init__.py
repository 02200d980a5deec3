"""Measures this server against what bare grpc.aio can do and against a FastAPI twin: `python -m benchmarks.run`."""

POOL_SIZE = 16  # connections to PostgreSQL of each server that is measured, ours included
