/** Nobody here can sign for an account: its owner does, elsewhere. */
export class NoKeyError extends Error {
  override readonly name = "NoKeyError";

  constructor(
    readonly account: string,
    readonly chain: string,
  ) {
    super(
      `There is no key for ${account} at hand to sign on ${chain}: it has to be signed elsewhere.`,
    );
  }
}
