"""Code of the worker processes; the only package that imports nbgrader.

No other module imports it; `toolkit.exercises.worker_pool.run_in_worker` calls its functions by name.
"""

import warnings

from toolkit._internal.lazy_imports import without_slow_formats

# nbgrader 0.9.6 on SQLAlchemy 2 triggers an autoflush warning at every new submission, which we cannot fix.
warnings.filterwarnings("ignore", "Object of type .* not in session", module=r"nbgrader\.")

with without_slow_formats():
    import nbformat  # noqa: F401 - it imports jsonschema
