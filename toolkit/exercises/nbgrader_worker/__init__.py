"""Code of the worker processes; the only package that imports nbgrader.

No other module imports it; `toolkit.exercises.worker_pool.run_in_worker` calls its functions by name.
"""

import sys
import warnings

# nbgrader 0.9.6 on SQLAlchemy 2 triggers an autoflush warning at every new submission, which we cannot fix.
warnings.filterwarnings("ignore", "Object of type .* not in session", module=r"nbgrader\.")

# jsonschema imports this to check URI formats, which takes a second; notebook schemas have no such format.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
