import type { VerificationSource } from "ccip-localnet/protocol";

import { readCurse } from "../ccip/rmn";
import { chainsOf } from "../core/mesh/mesh";
import { contractAt } from "../core/abis";
import type { Mesh } from "../core/mesh/mesh";
import { timeOfBlock } from "../rpc/blocks";

import { diagnoseRefusedLane, diagnoseRevert } from "./sendFailures";
import type { MessageFacts } from "./facts";
import { readFacts } from "./readFacts";
import type { Found, PendingTransaction, RefusedLane } from "./found";
import { diagnoseMessage } from "./messageDiagnosis";
import { revertChainOf } from "../core/revert/revertChain";
import type { RevertFrame } from "../core/revert/revertChain";
import { readRevert } from "./replay";
import type { RevertFacts } from "./replay";
import type { Diagnosis } from "./diagnosis";

/** An object that was found, its facts and its diagnosis. */
export type DoctorReport = { readonly diagnosis: Diagnosis } & (
  | {
      readonly kind: "message";
      readonly facts: MessageFacts;
      readonly revertChain: readonly RevertFrame[];
    }
  | {
      readonly kind: "reverted";
      readonly facts: RevertFacts;
      readonly revertChain: readonly RevertFrame[];
    }
  | {
      readonly kind: "refused lane";
      readonly facts: RefusedLane;
      readonly revertChain: readonly RevertFrame[];
    }
  | {
      readonly kind: "pending";
      readonly facts: PendingTransaction;
      readonly revertChain: readonly RevertFrame[];
    }
);

/** Reads the facts of a found object and diagnoses it. */
export async function examineMessage(
  mesh: Mesh,
  found: Found,
  published?: VerificationSource,
): Promise<DoctorReport> {
  switch (found.kind) {
    case "message": {
      const facts = await readFacts(mesh, found, published);
      const refusal = refusalOf(facts);
      const revertChain =
        refusal === undefined ? [] : revertChainOf(refusal, "arrival", found.destination);
      return { kind: "message", facts, revertChain, diagnosis: diagnoseMessage(facts) };
    }
    case "reverted": {
      const facts = await readRevert(mesh, found);
      const data = facts.returnData ?? facts.returnDataNow;
      const revertChain = data === undefined ? [] : revertChainOf(data, "departure", found.chain);
      return { kind: "reverted", facts, revertChain, diagnosis: diagnoseRevert(facts) };
    }
    case "refused lane": {
      const revertChain = revertChainOf(found.reason, "departure", found.home);
      return {
        kind: "refused lane",
        facts: found,
        revertChain,
        diagnosis: await judge(mesh, found),
      };
    }
    case "pending":
      return { kind: "pending", facts: found, revertChain: [], diagnosis: unmined(found) };
  }
}

/** Returns the revert data of a message: of a simulation now or, if that succeeds, of the last attempt. */
function refusalOf({ rehearsal, attempts }: MessageFacts): string | undefined {
  if (rehearsal?.outcome === "refused") return rehearsal.returnData;
  const last = attempts.at(-1);
  return last?.state === "failure" ? last.returnData : undefined;
}

async function judge(mesh: Mesh, found: RefusedLane): Promise<Diagnosis> {
  const { home, selector, epoch, reason, transactionHash } = found;
  const { config } = mesh;
  const receipt = await home.provider.getTransactionReceipt(transactionHash);
  const peer = chainsOf(mesh).find((chain) => chain.selector === selector);
  const now = peer && (await contractAt.token(peer.contracts.token, peer.provider).epoch());
  if (peer && now !== undefined && now >= epoch) return madeUpFor(peer.name, epoch, now);
  const curse = await readCurse(home.provider, home.ccip.rmnProxy, selector);
  return diagnoseRefusedLane(
    {
      mesh: { name: config.name, live: config.live, symbol: config.token.symbol },
      chain: home.name,
      direction: "send",
      peer: peer?.name ?? selector.toString(),
      at: await timeOfBlock(home.provider, receipt?.blockNumber ?? 0),
      ...(curse && { curse: { what: curse } }),
    },
    reason,
  );
}

function madeUpFor(satellite: string, epoch: bigint, now: bigint): Diagnosis {
  return {
    verdict: "superseded",
    what: `The lane to ${satellite} did not take the broadcast of epoch ${epoch}, and ${satellite} is at epoch ${now} all the same: a later one made up for it.`,
    why: [],
    remedies: [],
  };
}

function unmined({ chain, transactionHash }: PendingTransaction): Diagnosis {
  return {
    verdict: "waiting",
    what: `Transaction ${transactionHash} is known on ${chain.name} and in no block yet.`,
    why: [],
    remedies: [
      {
        note: "wait, or have its sender replace it with a higher fee: run the same command again",
      },
    ],
  };
}
