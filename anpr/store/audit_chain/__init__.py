# SPDX-License-Identifier: AGPL-3.0-or-later
"""The audit's chain as a whole: verification, pruning with proof, the archive, the whole export, mailed heads."""
