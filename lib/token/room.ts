import { CodedError } from "../core/errors";
import { exactTokens } from "../core/amount";
import { contractAt } from "../core/abis";
import type { Mesh } from "../core/mesh/mesh";
import { MAX_SHARES } from "../core/units";
import { pinLatest } from "../rpc/pinned";

/** More tokens than the shares that are left make. */
export class NoRoomError extends CodedError {
  override readonly name = "NoRoomError";
  readonly code = "ISSUANCE_LIMIT";

  constructor(chain: string, symbol: string, amount: bigint, most: bigint) {
    super(
      `${exactTokens(amount)} ${symbol} are more than can be issued on ${chain}: at most ${exactTokens(most)} ${symbol} are left at the index that counts now.`,
    );
  }
}

/**
 * Makes sure that there are shares for what is to be issued.
 * @throws NoRoomError with the most that can be issued.
 */
export async function requireRoom({ home, config }: Mesh, amount: bigint): Promise<void> {
  const token = contractAt.token(home.contracts.token, await pinLatest(home.name, home.provider));
  const [issued, sharesPerToken] = await Promise.all([
    token.issuedShares(),
    token.sharesPerToken(),
  ]);
  const most = (MAX_SHARES - issued) / sharesPerToken;
  if (amount > most) throw new NoRoomError(home.name, config.token.symbol, amount, most);
}
