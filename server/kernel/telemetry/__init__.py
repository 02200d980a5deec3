"""What a process tells of itself: traces, metrics and logs, over OpenTelemetry when somebody listens."""
