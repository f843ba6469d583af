# SPDX-License-Identifier: AGPL-3.0-or-later
"""Limit of open files: raised at the start of each process to what the system allows."""

import resource

MOST = 65_536
"""More is never needed, and programs that walk all possible descriptors would take minutes where a container allows
a thousand million."""


def raise_file_limit() -> int:
    """Raise the soft limit (1,024 for services, too few for a console) to the hard one; returns what holds now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return soft


def file_limit() -> int:
    """How many files this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else soft
