import { ZeroAddress, getCreateAddress } from "ethers";
import type { Signer } from "ethers";

import { localDonMembers } from "../accounts";
import type { DonMembers } from "../protocol/verification";
import type {
  Ccip16Addresses,
  Ccip20Addresses,
  CcipAddresses,
  SharedAddresses,
} from "../protocol/chain";
import { OWN_16, constructorArguments16, donSettings } from "./deploy16";
import { OWN_20, constructorArguments20, verifierSettings } from "./deploy20";
import { feeTokenCode } from "./feeTokens";
import { released } from "../protocol/releases";
import type { CcipVersion, ContractCode } from "../protocol/releases";
import { sendAll } from "../send";
import type { LabelledTransaction } from "../send";
import { call, creation } from "./transactions";

export { MANUAL_EXECUTION_DELAY_SECONDS } from "./deploy16";
export { call, creation, deployContract } from "./transactions";

/** Prices in USD with 18 decimals, per 1e18 of the smallest unit: LINK 15 USD, ether 3,000 USD. */
const TOKEN_PRICES = { link: 15n * 10n ** 18n, weth: 3_000n * 10n ** 18n } as const;

/** Options of {@link deployCcip}. */
export interface CcipDeployment {
  /** Deploys and then owns every contract; receives the LINK supply. */
  readonly signer: Signer;
  /** CCIP selector of the chain. */
  readonly selector: bigint;
  /** 1.6 unless named. */
  readonly version?: CcipVersion;
  /**
   * The version that the chain runs already: the new one shares its router, registry, RMN and fee
   * tokens. Without it, everything is deployed anew.
   */
  readonly beside?: CcipAddresses;
  /** The account that may commit and execute in CCIP 1.6; the local DON by default. */
  readonly don?: DonMembers;
}

/** In order of deployment: an address follows from the deployer's nonce. */
const SHARED = [
  "link",
  "weth",
  "rmnRemote",
  "rmnProxy",
  "router",
  "tokenAdminRegistry",
  "registryModule",
] as const satisfies readonly (keyof SharedAddresses)[];

/** The address of a contract to be created, its code and its constructor's arguments. */
interface Creation {
  readonly address: string;
  readonly code: ContractCode;
  readonly args: readonly unknown[];
}

/**
 * Deploys the released contracts of a version of CCIP with production-like settings and no lane.
 *
 * Every transaction is sent before the first receipt is awaited; addresses are computed ahead, so
 * that ramps and fee quoter get each other's addresses in their constructors. Nothing else may send from
 * `signer` meanwhile.
 * @throws TransactionFailedError when a deployment reverts.
 */
export async function deployCcip(
  deployment: CcipDeployment & { readonly version: "2.0" },
): Promise<Ccip20Addresses>;
export async function deployCcip(
  deployment: CcipDeployment & { readonly version?: "1.6" },
): Promise<Ccip16Addresses>;
export async function deployCcip(deployment: CcipDeployment): Promise<CcipAddresses>;
export async function deployCcip(deployment: CcipDeployment): Promise<CcipAddresses> {
  const { signer, selector, version = "1.6", beside } = deployment;
  const { don = localDonMembers() } = deployment;
  const owner = await signer.getAddress();
  const firstNonce = await signer.getNonce("pending");
  let nonce = firstNonce;
  const next = () => getCreateAddress({ from: owner, nonce: nonce++ });

  const shared: SharedAddresses = beside ?? addresses(SHARED, next);
  const creations = beside ? [] : sharedCreations(shared, { owner, selector, version });
  let ccip: CcipAddresses;
  let settings: LabelledTransaction;
  if (version === "1.6") {
    ccip = { ...onlyShared(shared), version, ...addresses(OWN_16, next) };
    const args = constructorArguments16(ccip, { owner, selector });
    for (const name of OWN_16) {
      creations.push({ address: ccip[name], code: released(name), args: args[name] });
    }
    settings = donSettings(ccip, don);
  } else {
    ccip = { ...onlyShared(shared), version, ...addresses(OWN_20, next) };
    const args = constructorArguments20(ccip, { owner, selector });
    for (const name of OWN_20) {
      creations.push({ address: ccip[name], code: released(name, "2.0"), args: args[name] });
    }
    settings = verifierSettings(ccip);
  }

  const receipts = await sendAll(signer, [
    ...creations.map(({ code, args }) => creation(code, args)),
    ...(beside
      ? []
      : [call(ccip, "tokenAdminRegistry", "addRegistryModule", [ccip.registryModule])]),
    tokenPrices(ccip),
    settings,
  ]);
  creations.forEach(({ address, code }, i) => {
    const deployed = receipts[i]?.contractAddress;
    if (deployed !== address) {
      throw new Error(
        `${code.name} is at ${deployed}, not at ${address}: another transaction of ${owner} came ` +
          `between. Deploy again while nothing else sends from that account.`,
      );
    }
  });
  return ccip;
}

function addresses<N extends string>(names: readonly N[], next: () => string): Record<N, string> {
  return Object.fromEntries(names.map((name) => [name, next()])) as Record<N, string>;
}

function onlyShared(from: SharedAddresses): SharedAddresses {
  const { link, weth, rmnRemote, rmnProxy, router, tokenAdminRegistry, registryModule } = from;
  return { link, weth, rmnRemote, rmnProxy, router, tokenAdminRegistry, registryModule };
}

function sharedCreations(
  shared: SharedAddresses,
  {
    owner,
    selector,
    version,
  }: {
    readonly owner: string;
    readonly selector: bigint;
    readonly version: CcipVersion;
  },
): Creation[] {
  const { link, weth } = feeTokenCode();
  const args: Record<(typeof SHARED)[number], readonly unknown[]> = {
    link: [],
    weth: [],
    rmnRemote: version === "1.6" ? [selector, ZeroAddress] : [[owner]],
    rmnProxy: [shared.rmnRemote],
    router: [shared.weth, shared.rmnProxy],
    tokenAdminRegistry: [],
    registryModule: [shared.tokenAdminRegistry],
  };
  return SHARED.map((name) => ({
    address: shared[name],
    code: name === "link" ? link : name === "weth" ? weth : released(name, version),
    args: args[name],
  }));
}

function tokenPrices(ccip: CcipAddresses): LabelledTransaction {
  return call(ccip, "feeQuoter", "updatePrices", [
    {
      tokenPriceUpdates: [
        { sourceToken: ccip.link, usdPerToken: TOKEN_PRICES.link },
        { sourceToken: ccip.weth, usdPerToken: TOKEN_PRICES.weth },
      ],
      gasPriceUpdates: [],
    },
  ]);
}
