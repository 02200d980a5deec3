"""Measures this server against what bare grpc.aio can do and against a FastAPI twin: `python -m benchmarks.run`."""
