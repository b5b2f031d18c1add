import type { Signer } from "ethers";
import type { Message } from "ccip-localnet/protocol";

import { sendData } from "./ccipMessages";
import { impersonate } from "./impersonate";
import type { Route, Scenario } from "./scenario";

/** The home's broadcaster, were it taken over. */
export function broadcasterOf(s: Scenario): Promise<Signer> {
  return impersonate(s.ccipChain(s.home).provider, s.home.contracts.broadcaster);
}

/** Sends a payload to the receiver at a route's end; the DON verifies it. */
export async function tell(
  s: Scenario,
  route: Route,
  sender: Signer,
  payload: string,
  gasLimit?: bigint,
): Promise<Message> {
  const [message] = await tellAll(s, route, sender, [payload], gasLimit);
  if (!message) throw new Error("Nothing was sent.");
  return message;
}

/** Sends several payloads as {@link tell} does, in order. */
export async function tellAll(
  s: Scenario,
  route: Route,
  sender: Signer,
  payloads: readonly string[],
  gasLimit = 150_000n,
): Promise<readonly Message[]> {
  if (route.to.role === "home") throw new Error("Home has no receiver.");
  const { receiver } = route.to.contracts;
  const messages = await sendData(
    s.lane(route),
    payloads.map((data) => ({ receiver, data, gasLimit })),
    sender,
  );
  await s.verify(route);
  return messages;
}
