# SPDX-License-Identifier: AGPL-3.0-or-later
"""Domain model: the terms of the glossary as frozen values. Standard library only, no input or output."""
