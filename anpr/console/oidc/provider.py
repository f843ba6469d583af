# SPDX-License-Identifier: AGPL-3.0-or-later
"""Client of an OpenID provider: discovery, the way there, the exchange of a code, and keys that are renewed in time.

Metadata and keys are cached in the process; everything that belongs to one login is in its cookie. At most AT_ONCE
requests are under way: whoever comes on top is answered at once, and a provider that hangs holds nothing else up.
"""

import secrets
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import anyio
import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from anpr.console.oidc.faults import AnswerRefusedError, ProviderError, ProviderFault, TokenRefusedError
from anpr.console.oidc.fetch import object_of, options, within
from anpr.console.oidc.id_token import Expected, read_id_token, read_keys
from anpr.console.oidc.metadata import ProviderMetadata, discovery_address, read_metadata
from anpr.console.oidc.pending import ProviderLogin
from anpr.console.oidc.person import lacks_claims
from anpr.domain.errors import SettingsError
from anpr.runtime.clock import Clock
from anpr.settings.oidc import OidcSettings
from anpr.settings.process import environment_variable
from anpr.settings.secret_file import bare_secret, read_secret_file, read_text_file

AT_ONCE = 8
METADATA_KEPT_S = 3600.0
KEYS_KEPT_S = 3600.0
KEYS_AGAIN_S = 10.0
"""A token of an unknown key makes the keys be fetched anew, at most this often."""


class OpenIdProvider:
    """One for each console process, used from its event loop."""

    def __init__(self, settings: OidcSettings, clock: Clock) -> None:
        """Raises SettingsError when the secret or the certificates cannot be read."""
        self.settings = settings
        self._clock = clock
        self._context = _tls(settings)
        self._places = anyio.Semaphore(AT_ONCE)
        self._metadata: tuple[float, ProviderMetadata] | None = None
        self._keys: tuple[float, KeySet] | None = None
        client_secret(settings)

    async def begin(self, callback: str, back: str) -> tuple[str, ProviderLogin]:
        """The address that the browser is led to, and what its cookie must hold. Raises ProviderError."""
        metadata = await self._discovered()
        login = ProviderLogin(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            callback=callback,
            back=back,
            begun_at=int(self._clock.now().timestamp()),
        )
        async with self._oauth(metadata, login) as client:
            address, _ = client.create_authorization_url(
                metadata.authorization_endpoint,
                state=login.state,
                code_verifier=login.verifier,
                nonce=login.nonce,
                **self._wishes(),
            )
        return str(address), login

    def _wishes(self) -> dict[str, str]:
        """What the provider is asked for besides who somebody is."""
        acr, is_fresh = self.settings.second_factor_acr, self.settings.fresh_login
        return {
            **({"acr_values": " ".join(acr)} if acr else {}),
            **({"prompt": "login", "max_age": "0"} if is_fresh else {}),
        }

    async def finish(self, code: str, issuer: str | None, login: ProviderLogin) -> Mapping[str, Any]:
        """The claims of the person for whom this code was given; `issuer` is who the callback says it is from.

        Raises ProviderError, AnswerRefusedError, TokenRefusedError and SettingsError.
        """
        metadata = await self._discovered()
        if issuer != self.settings.issuer and (issuer is not None or metadata.names_itself):
            raise AnswerRefusedError("callback: iss is not the provider's")
        token = await self._exchanged(metadata, code, login)
        id_token, access_token = token.get("id_token"), token.get("access_token")
        if not isinstance(id_token, str):
            raise ProviderError(ProviderFault.WRONG_ANSWER, "token: no ID token")
        access_token = access_token if isinstance(access_token, str) else None
        claims = await self._verified(metadata, id_token, access_token, login)
        if metadata.userinfo_endpoint and access_token and lacks_claims(claims, self.settings):
            claims = {**await self._userinfo(metadata.userinfo_endpoint, access_token, claims["sub"]), **claims}
        return claims

    async def logout_address(self, afterwards: str) -> str | None:
        """Where the browser ends the provider's session too, and is led to `afterwards`; None when it has no such
        place (RP-Initiated Logout 1.0). Raises ProviderError."""
        endpoint = (await self._discovered()).end_session_endpoint
        if endpoint is None:
            return None
        query = urlencode({"client_id": self.settings.client_id, "post_logout_redirect_uri": afterwards})
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"

    async def _discovered(self) -> ProviderMetadata:
        now = self._clock.monotonic()
        if self._metadata is None or now - self._metadata[0] >= METADATA_KEPT_S:
            found = await self._get(discovery_address(self.settings.issuer), "discovery")
            self._metadata = now, read_metadata(found, self.settings.issuer)
        return self._metadata[1]

    async def _exchanged(self, metadata: ProviderMetadata, code: str, login: ProviderLogin) -> Mapping[str, Any]:
        async with self._place(), self._oauth(metadata, login) as client:
            try:
                with within(self.settings.timeout_s, "token"):
                    token: Mapping[str, Any] = await client.fetch_token(
                        metadata.token_endpoint,
                        grant_type="authorization_code",
                        code=code,
                        code_verifier=login.verifier,
                        redirect_uri=login.callback,
                    )
            except OAuthError as exc:
                if exc.error == "invalid_grant":
                    raise AnswerRefusedError("the provider knows no such code") from exc
                raise ProviderError(ProviderFault.WRONG_ANSWER, f"token: {str(exc.error)[:100]!r}") from exc
            except (ValueError, TypeError, RecursionError) as exc:
                raise ProviderError(ProviderFault.WRONG_ANSWER, "token: not a JSON object") from exc
        return token

    async def _verified(
        self, metadata: ProviderMetadata, id_token: str, access_token: str | None, login: ProviderLogin
    ) -> Mapping[str, Any]:
        """The claims; keys that do not fit are fetched anew once, as the provider may have others now."""
        expected = Expected(
            issuer=self.settings.issuer,
            client_id=self.settings.client_id,
            nonce=login.nonce,
            proved_since=login.begun_at if self.settings.fresh_login else None,
        )
        keys, is_fresh = await self._known_keys(metadata)
        try:
            try:
                return read_id_token(id_token, keys, access_token, expected, self._clock.now())
            except JoseError:
                if is_fresh:
                    raise
                keys = await self._fetched_keys(metadata)
                return read_id_token(id_token, keys, access_token, expected, self._clock.now())
        except (JoseError, ValueError, TypeError, RecursionError) as exc:
            raise TokenRefusedError(f"ID token: {type(exc).__name__}") from exc

    async def _known_keys(self, metadata: ProviderMetadata) -> tuple[KeySet, bool]:
        """The provider's keys, and whether they are too new to be fetched again."""
        now = self._clock.monotonic()
        if self._keys is None or now - self._keys[0] >= KEYS_KEPT_S:
            return await self._fetched_keys(metadata), True
        return self._keys[1], now - self._keys[0] < KEYS_AGAIN_S

    async def _fetched_keys(self, metadata: ProviderMetadata) -> KeySet:
        keys = read_keys(await self._get(metadata.jwks_uri, "keys"))
        self._keys = self._clock.monotonic(), keys
        return keys

    async def _userinfo(self, endpoint: str, access_token: str, subject: str) -> dict[str, Any]:
        found = await self._get(endpoint, "userinfo", {"Authorization": f"Bearer {access_token}"})
        if found.get("sub") != subject:
            raise TokenRefusedError("userinfo: sub is another person's")
        return found

    async def _get(self, address: str, what: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        async with self._place():
            with within(self.settings.timeout_s, what):
                async with httpx2.AsyncClient(**options(self._context, self.settings.timeout_s)) as client:
                    answer = await client.get(address, headers={"Accept": "application/json", **(headers or {})})
        return object_of(answer, what)

    def _oauth(self, metadata: ProviderMetadata, login: ProviderLogin) -> AsyncOAuth2Client:
        secret = client_secret(self.settings)
        in_header = "client_secret_basic" if metadata.takes_secret_in_header else "client_secret_post"
        return AsyncOAuth2Client(
            client_id=self.settings.client_id,
            client_secret=secret,
            token_endpoint_auth_method=in_header if secret else "none",
            scope=" ".join(self.settings.scopes),
            redirect_uri=login.callback,
            code_challenge_method="S256",
            **options(self._context, self.settings.timeout_s),
        )

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        try:
            self._places.acquire_nowait()
        except anyio.WouldBlock:
            raise ProviderError(ProviderFault.BUSY, f"{AT_ONCE} requests wait for an answer already") from None
        try:
            yield
        finally:
            self._places.release()


def client_secret(settings: OidcSettings) -> str | None:
    """The client's secret, read anew so that a renewed one counts without a restart; None for a public client.

    Raises SettingsError naming the key, never the secret.
    """
    if settings.secret_env is not None:
        value = bare_secret(environment_variable(settings.secret_env) or "")
        if not value:
            raise SettingsError(f"console.oidc.secret_env: the environment variable {settings.secret_env} is not set")
        return value
    if settings.secret_file is None:
        return None
    try:
        return read_secret_file(Path(settings.secret_file))
    except SettingsError as exc:
        raise SettingsError(f"console.oidc.secret_file: {exc}") from exc


def _tls(settings: OidcSettings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        try:
            context.load_verify_locations(cadata=read_text_file(Path(settings.ca_file)))
        except (SettingsError, ssl.SSLError, ValueError) as exc:
            raise SettingsError(f"console.oidc.ca_file: {settings.ca_file}: no PEM certificates: {exc}") from exc
    return context
