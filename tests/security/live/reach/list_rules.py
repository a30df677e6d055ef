"""Print every route rule of a session's server, as it would run with the given settings."""

import json
import os
import sys
from pathlib import Path

from toolkit.live.process.server_environment import isolated_server_environment
from toolkit.live.server.__main__ import read_settings

settings = read_settings(Path(sys.argv[1]))
os.environ.update(isolated_server_environment(settings.state))
from toolkit.live.server.app import LiveServerApp  # noqa: E402 - Jupyter reads the environment when it is imported

print(json.dumps(sorted(LiveServerApp.of(settings).rules)))
