import { Interface } from "ethers";
import { localAccount } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";

import { LOCAL_HOLDERS } from "../../../config/localAccounts";
import { abi, contractAt } from "../../core/abis";
import { formatTokens } from "../../core/amount";
import { formatTable } from "../../cli/text";
import { act, declaredOn, tokens } from "../actions";
import { addressOf } from "../ledger";
import { ensure } from "../scenario";
import type { ScenarioRun } from "../scenario";
import { PAIR_ABI, createPair } from "../uniswapV2";

const PAIR = new Interface(PAIR_ABI);

/** Wrapped units that Alice gives to the pool, and units of LINK. */
const LIQUIDITY = tokens("400");

/** Liquidity that Uniswap's pair keeps of the first provider, in its units. */
const MINIMUM_LIQUIDITY = 1_000n;

/** A pool of wrapped units and LINK at home. Amounts in the smallest unit. */
export interface PoolState {
  readonly pair: string;
  readonly wrapped: bigint;
  readonly link: bigint;
  /** Worth of the wrapped units in tokens. */
  readonly worth: bigint;
}

/** Alice wraps tokens and opens a Uniswap V2 pool of them and LINK. */
export async function openPool(run: ScenarioRun): Promise<PoolState> {
  const { home } = run;
  const { token } = home.contracts;
  const { link } = home.ccip;
  const wrapper = declaredOn(home, "wrapper");
  const alice = addressOf("alice");
  const deployer = localAccount(LOCAL_ACCOUNTS.deployer, home.provider);
  const pair = await createPair(deployer, wrapper, link);
  await act(run, home, LOCAL_ACCOUNTS.ccipOwner, [
    {
      kind: "transfer of LINK",
      to: link,
      data: abi.token.encodeFunctionData("transfer", [pair, LIQUIDITY]),
    },
  ]);
  await act(run, home, LOCAL_HOLDERS.alice, [
    {
      kind: "approval",
      to: token,
      data: abi.token.encodeFunctionData("approve", [wrapper, LIQUIDITY]),
    },
    {
      kind: "wrap",
      to: wrapper,
      data: abi.wrapper.encodeFunctionData("wrapShares", [LIQUIDITY, alice]),
    },
    {
      kind: "transfer of wrapped units",
      to: wrapper,
      data: abi.wrapper.encodeFunctionData("transfer", [pair, LIQUIDITY]),
    },
    { kind: "liquidity added", to: pair, data: PAIR.encodeFunctionData("mint", [alice]) },
  ]);
  const opened = await readPool(run, pair);
  showPools(run, [["opened", opened]]);
  return opened;
}

/** Has a third party skim the pool, and checks that nothing was there to take. */
export async function skimPool(run: ScenarioRun, opened: PoolState): Promise<PoolState> {
  const { home } = run;
  const { pair } = opened;
  const skim = PAIR.encodeFunctionData("skim", [addressOf("thirdParty")]);
  await act(run, home, LOCAL_HOLDERS.thirdParty, [{ kind: "skim", to: pair, data: skim }]);
  const [state, wrapped, link] = await Promise.all([
    readPool(run, pair),
    ...[declaredOn(home, "wrapper"), home.ccip.link].map((token) =>
      contractAt.token(token, home.provider).balanceOf(addressOf("thirdParty")),
    ),
  ]);
  ensure(wrapped === 0n && link === 0n, `${wrapped} wrapped units and ${link} LINK were skimmed`);
  ensure(
    state.wrapped === opened.wrapped && state.link === opened.link,
    "a rebase changed the reserves of the pool",
  );
  ensure(state.worth > opened.worth, "the pool has not grown with the index");
  return state;
}

/** Alice takes her liquidity out and unwraps it: the growth of the pool is hers. */
export async function closePool(run: ScenarioRun, opened: PoolState): Promise<void> {
  const { home, progress } = run;
  const { pair } = opened;
  const wrapper = declaredOn(home, "wrapper");
  const alice = addressOf("alice");
  const token = contractAt.token(home.contracts.token, home.provider);
  const liquidity = LIQUIDITY - MINIMUM_LIQUIDITY;
  const before = await token.sharesOf(alice);
  await act(run, home, LOCAL_HOLDERS.alice, [
    {
      kind: "transfer of liquidity",
      to: pair,
      data: PAIR.encodeFunctionData("transfer", [pair, liquidity]),
    },
    { kind: "liquidity removed", to: pair, data: PAIR.encodeFunctionData("burn", [alice]) },
    {
      kind: "unwrap",
      to: wrapper,
      data: abi.wrapper.encodeFunctionData("unwrapShares", [liquidity, alice, alice]),
    },
  ]);
  const shares = (await token.sharesOf(alice)) - before;
  const unit = await contractAt.wrapper(wrapper, home.provider).convertToAssets(LIQUIDITY);
  const received = await token.toTokens(shares);
  ensure(unit - received < MINIMUM_LIQUIDITY * 2n, "the provider did not get the growth");
  progress.note(
    `alice put in ${formatTokens(LIQUIDITY)} RUSD and took out ${formatTokens(received)} RUSD: the growth of the pool is hers`,
  );
}

/** Shows states of the pool as a table. */
export function showPools(
  { progress }: ScenarioRun,
  states: readonly (readonly [when: string, state: PoolState])[],
): void {
  const rows = states.map(([when, { wrapped, link, worth }]) => [
    when,
    ...[wrapped, link, worth].map((amount) => formatTokens(amount)),
  ]);
  progress.note(formatTable(["the pool", "wRUSD", "LINK", "worth of the wRUSD in RUSD"], rows));
}

async function readPool({ home }: ScenarioRun, pair: string): Promise<PoolState> {
  const wrapper = contractAt.wrapper(declaredOn(home, "wrapper"), home.provider);
  const [first, reserves] = await Promise.all(
    ["token0", "getReserves"].map(async (name) => {
      const data = await home.provider.call({ to: pair, data: PAIR.encodeFunctionData(name) });
      return PAIR.decodeFunctionResult(name, data);
    }),
  );
  const [reserve0, reserve1] = [BigInt(reserves?.[0] as bigint), BigInt(reserves?.[1] as bigint)];
  const isFirst = String(first?.[0]) === (await wrapper.getAddress());
  const [wrapped, link] = isFirst ? [reserve0, reserve1] : [reserve1, reserve0];
  return { pair, wrapped, link, worth: await wrapper.convertToAssets(wrapped) };
}
