import { withoutSecret } from "../core/secrets";

/** Variables of the environment with secret values. RPC urls carry their provider's key. */
const SECRET = /^(DEPLOYER_PRIVATE_KEY|ETHERSCAN_API_KEY|RPC_URL_\w+)$/;

/**
 * Replaces the secrets of the environment in a text by the names of their variables. It is the last safeguard for
 * errors of libraries, which may quote anything.
 */
export function withoutSecrets(text: string, env: NodeJS.ProcessEnv = process.env): string {
  return Object.entries(env)
    .filter(([name]) => SECRET.test(name))
    .reduce((clean, [name, value]) => withoutSecret(clean, value ?? "", `<${name}>`), text);
}
