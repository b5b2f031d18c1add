import type { VerificationSource } from "ccip-localnet/protocol";

import { readCurse } from "../ccip/rmn";
import { contractAt } from "../core/abis";
import { chainsOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { meshNames } from "../core/reasons/reason";
import type { ReasonContext } from "../core/reasons/reason";
import { revertChainOf } from "../core/revert/revertChain";
import type { Direction, RevertFrame } from "../core/revert/revertChain";
import { readHomeProposals } from "../mesh/components/timelock/homeProposals";
import { timeOfBlock } from "../rpc/blocks";
import { pinLatest } from "../rpc/pinned";

import { plainly } from "./diagnosis";
import type { Diagnosis } from "./diagnosis";
import type { MessageFacts } from "./facts";
import type { Found, PendingTransaction, RefusedLane, RefusedProposal } from "./found";
import { diagnoseMessage } from "./messageDiagnosis";
import { readFacts } from "./readFacts";
import { readRevert } from "./replay";
import type { RevertFacts } from "./replay";
import { diagnoseRefusedLane, diagnoseRevert } from "./sendFailures";

/** An object that was found, its facts and its diagnosis. */
export type DoctorReport = {
  readonly diagnosis: Diagnosis;
  readonly revertChain: readonly RevertFrame[];
} & (
  | { readonly kind: "message"; readonly facts: MessageFacts }
  | { readonly kind: "reverted"; readonly facts: RevertFacts }
  | { readonly kind: "refused lane"; readonly facts: RefusedLane }
  | { readonly kind: "refused proposal"; readonly facts: RefusedProposal }
  | { readonly kind: "pending"; readonly facts: PendingTransaction }
);

/** Reads the facts of a found object and diagnoses it. */
export async function examineMessage(
  mesh: Mesh,
  found: Found,
  published?: VerificationSource,
): Promise<DoctorReport> {
  const framesOf = (data: string | undefined, direction: Direction, chain: MeshChain) =>
    data === undefined ? [] : revertChainOf(data, direction, chain);
  switch (found.kind) {
    case "message": {
      const facts = await readFacts(mesh, found, published);
      const { rehearsal, attempts } = facts;
      const last = attempts.at(-1);
      const failed = last?.state === "failure" ? last.returnData : undefined;
      // A simulation tells more than the last attempt.
      const data = rehearsal?.outcome === "refused" ? rehearsal.returnData : failed;
      const revertChain = framesOf(data, "arrival", found.destination);
      return { kind: "message", facts, revertChain, diagnosis: diagnoseMessage(facts) };
    }
    case "reverted": {
      const facts = await readRevert(mesh, found);
      const data = facts.returnData ?? facts.returnDataNow;
      const revertChain = framesOf(data, "departure", found.chain);
      return { kind: "reverted", facts, revertChain, diagnosis: diagnoseRevert(facts) };
    }
    case "refused lane": {
      const revertChain = framesOf(found.reason, "departure", found.home);
      const diagnosis = await diagnoseLane(mesh, found);
      return { kind: "refused lane", facts: found, revertChain, diagnosis };
    }
    case "refused proposal": {
      const revertChain = framesOf(found.reason, "departure", found.home);
      const diagnosis = await diagnoseProposalLane(mesh, found);
      return { kind: "refused proposal", facts: found, revertChain, diagnosis };
    }
    case "pending": {
      const { transactionHash, chain } = found;
      const what = `Transaction ${transactionHash} is known on ${chain.name} and in no block yet.`;
      const note =
        "wait, or have its sender replace it with a higher fee: run the same command again";
      const diagnosis = plainly("waiting", what, [{ note }]);
      return { kind: "pending", facts: found, revertChain: [], diagnosis };
    }
  }
}

async function diagnoseLane(
  mesh: Mesh,
  { home, selector, epoch, reason, transactionHash }: RefusedLane,
): Promise<Diagnosis> {
  const peer = chainsOf(mesh).find((chain) => chain.selector === selector);
  const now = peer && (await contractAt.token(peer.contracts.token, peer.provider).epoch());
  if (peer && now !== undefined && now >= epoch) {
    return plainly(
      "superseded",
      `The lane to ${peer.name} did not take the broadcast of epoch ${epoch}, and ${peer.name} is at epoch ${now} all the same: a later one made up for it.`,
    );
  }
  return diagnoseRefusedLane(await laneContext(mesh, { home, selector, transactionHash }), reason);
}

async function diagnoseProposalLane(mesh: Mesh, refused: RefusedProposal): Promise<Diagnosis> {
  const { home, selector, nonce, reason } = refused;
  const context = await laneContext(mesh, refused);
  const all = await readHomeProposals(home, await pinLatest(home.name, home.provider));
  const proposal = all.find((made) => made.selector === selector && made.nonce === nonce);
  const last = proposal?.sent.at(-1);
  if (!last) return diagnoseRefusedLane(context, reason, nonce);
  return plainly(
    "superseded",
    `The lane to ${context.peer} did not take proposal ${nonce}, and it was sent again since: message ${last.messageId}.`,
  );
}

async function laneContext(
  mesh: Mesh,
  { home, selector, transactionHash }: Pick<RefusedLane, "home" | "selector" | "transactionHash">,
): Promise<ReasonContext> {
  const peer = chainsOf(mesh).find((chain) => chain.selector === selector);
  const receipt = await home.provider.getTransactionReceipt(transactionHash);
  const curse = await readCurse(home.provider, home.ccip.rmnProxy, selector);
  return {
    mesh: meshNames(mesh.config),
    chain: home.name,
    direction: "send",
    peer: peer?.name ?? selector.toString(),
    at: await timeOfBlock(home.provider, receipt?.blockNumber ?? 0),
    curse: curse && { what: curse },
  };
}
