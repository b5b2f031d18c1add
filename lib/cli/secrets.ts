/** Variables of the environment whose values nobody else may read. RPC urls carry their provider's key. */
const SECRET = /^(DEPLOYER_PRIVATE_KEY|ETHERSCAN_API_KEY|RPC_URL_\w+)$/;

/** Shorter values are no secrets, and would be found in any text. */
const SHORTEST = 8;

/**
 * A text without the secrets of the environment: each is replaced by the name of its variable. It is a
 * net below errors of libraries, which nobody knows all.
 */
export function withoutSecrets(text: string, env: NodeJS.ProcessEnv = process.env): string {
  let clean = text;
  for (const [name, value] of Object.entries(env)) {
    if (!SECRET.test(name) || value === undefined) continue;
    for (const secret of formsOf(value.trim())) {
      if (secret.length >= SHORTEST) clean = clean.replaceAll(secret, `<${name}>`);
    }
  }
  return clean;
}

/** A secret as it may appear, longest first: a key without its 0x, a url without its host. */
function formsOf(value: string): string[] {
  const forms = [value, value.replace(/^0x/, "")];
  const url = /^https?:\/\/[^/]+(\/.+)$/.exec(value);
  const rest = url?.[1];
  return rest === undefined ? forms : [...forms, rest, ...rest.split(/[/?&=]/)];
}
