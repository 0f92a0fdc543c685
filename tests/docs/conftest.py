"""The documents' tests stand on the ground of the server tests (tests/httpd/env)."""
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "tests" / "httpd"), str(TOP / "tests" / "docs")]
