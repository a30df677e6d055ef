"""What runs in the worker processes: nbgrader is imported here, and nowhere else.

Nothing outside imports these modules; `toolkit.exercises.worker_pool.call` names their functions.
"""

import sys
import warnings

# nbgrader 0.9.6 on SQLAlchemy 2 warns of its own autoflush at every new submission. Nobody here can mend it.
warnings.filterwarnings("ignore", "Object of type .* not in session", module=r"nbgrader\.")

# jsonschema looks for it, to check addresses, and it reads a grammar for a second; no notebook's schema asks.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
