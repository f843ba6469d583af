# SPDX-License-Identifier: AGPL-3.0-or-later
"""Scripts: training, benchmarks, reliability runs, generated documentation, and the lab that tests share."""
