"""Closed-loop load from a process of its own: h2load where it is installed, our own generator where it is not."""
