"""
Make everything that follows from the contracts in ``protos/``.

``python -m tooling.contracts.generate`` writes Python code with type stubs, descriptor sets, OpenAPI documents,
``docs/access.md`` and the generated part of ``envoy.yaml``. The same contracts always give the same bytes.
"""
