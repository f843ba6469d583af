# SPDX-License-Identifier: AGPL-3.0-or-later
"""SSH client: a session of SFTP with a server whose host key is known, and with no other."""
