"""The demo's own parts can be asked too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "demo.d"))
