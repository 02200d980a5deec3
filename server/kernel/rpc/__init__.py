"""How a call comes in and an answer goes out: the only place that knows gRPC."""
