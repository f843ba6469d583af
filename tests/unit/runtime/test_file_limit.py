# SPDX-License-Identifier: AGPL-3.0-or-later
"""The limit of open files."""

import subprocess
import sys

_CODE = """
import resource
from anpr.runtime.file_limit import file_limit, raise_file_limit
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
most = 2048 if hard == resource.RLIM_INFINITY else min(hard, 2048)
resource.setrlimit(resource.RLIMIT_NOFILE, (100, most))
print(raise_file_limit() == most == file_limit() == raise_file_limit())
"""


def test_a_process_takes_what_the_system_allows() -> None:
    done = subprocess.run([sys.executable, "-c", _CODE], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "True\n"
