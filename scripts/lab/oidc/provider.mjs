// SPDX-License-Identifier: AGPL-3.0-or-later
// OpenID provider of the tests: oidc-provider with people from a file, read anew at each login, and a login form that asks
// for a name alone. Settings come as JSON in a file; it prints one line once it listens.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import Provider from "oidc-provider";

const settings = JSON.parse(readFileSync(process.argv[2], "utf8"));
const people = () => JSON.parse(readFileSync(settings.people, "utf8"));
const person = ["name", "preferred_username", "groups", "amr", "acr", "auth_time"];

const provider = new Provider(settings.issuer, {
  clients: [settings.client],
  jwks: settings.jwks,
  cookies: { keys: [settings.cookieKey] },
  conformIdTokenClaims: settings.claimsInUserinfoOnly,
  claims: { openid: ["sub"], profile: person },
  acrValues: ["gold"],
  features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: settings.hasLogout } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => {
    const claims = people()[id];
    return claims && { accountId: id, claims: () => ({ sub: id, ...claims }) };
  },
  // Nobody is asked whether this console may know them.
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope(settings.client.scope);
    await grant.save();
    return grant;
  },
});

const FORM = '<!doctype html><html lang="en"><title>Lab login</title><form method="post"><label>Name <input name="name" autofocus></label><button>Enter</button><button name="cancel" value="1">Cancel</button></form></html>';

async function read(request) {
  let text = "";
  for await (const part of request) text += part;
  return new URLSearchParams(text);
}

/** How they have proved who they are, as the file says it. */
const how = ({ amr, acr } = {}) => ({ amr, acr });

async function interact(request, response) {
  if (request.method !== "POST") {
    response.writeHead(200, { "content-type": "text/html" }).end(FORM);
    return;
  }
  const fields = await read(request);
  const result = fields.get("cancel")
    ? { error: "access_denied", error_description: "<b>cancelled</b>" }
    : { login: { accountId: fields.get("name"), ...how(people()[fields.get("name")]) } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

const handle = provider.callback();
const server = createServer((request, response) => {
  if (!request.url.startsWith("/interaction/")) return handle(request, response);
  return interact(request, response).catch((error) => response.writeHead(500).end(String(error)));
});
server.listen(settings.port, "127.0.0.1", () => console.log("listening"));
