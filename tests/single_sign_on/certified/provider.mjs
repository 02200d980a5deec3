// A certified OpenID Connect provider (https://openid.net/certification/), as its authors ship it, with forms to sign
// in by. Arguments: where the library lies, then the client as JSON. Prints its issuer once it answers.

const [library, client] = process.argv.slice(2);
const { Provider } = await import(library);
const { client_id, client_secret, redirect_uri } = JSON.parse(client);

// Whoever types an address at the form has the account of that address.
async function findAccount(context, id) {
  return {
    accountId: id,
    claims: async () => ({
      sub: id,
      email: `${id}@example.com`,
      email_verified: true,
      given_name: "Grace",
      family_name: "Hopper",
      locale: "en-US",
      zoneinfo: "America/New_York",
    }),
  };
}

const configuration = {
  clients: [
    {
      client_id,
      client_secret,
      redirect_uris: [redirect_uri],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  claims: {
    openid: ["sub"],
    email: ["email", "email_verified"],
    profile: ["given_name", "family_name", "locale", "zoneinfo"],
  },
  cookies: { keys: ["a key of the tests"] },
  findAccount,
  issueRefreshToken: async () => true,
  pkce: { required: () => true },
};

// The issuer holds the port, which is known only when somebody listens.
let answer;
const { createServer } = await import("node:http");
const server = createServer((request, response) => answer(request, response));
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  answer = new Provider(issuer, configuration).callback();
  console.log(`issuer ${issuer}`);
});
