# SPDX-License-Identifier: AGPL-3.0-or-later
"""Login through an OpenID provider (OpenID Connect Core 1.0): authorization code flow with PKCE."""
