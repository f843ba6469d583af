# SPDX-License-Identifier: AGPL-3.0-or-later
"""Message contract: what edge and centre agreed on, versioned; the bytes on the wire and their JSON schemas."""
