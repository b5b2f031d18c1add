import { expect } from "chai";
import { MaxUint256, Signature } from "ethers";
import type { Interface } from "ethers";
import fc from "fast-check";

import { abi, contractAt } from "../../../lib/core/abis";
import type { ChainRole } from "../../shared/scenario";
import { PERMIT_TYPES } from "../../shared/permit";
import { partOf } from "../../shared/rebaseTokenModel";

import { agreed, anyHolder, anyPart, anyRole, both, command } from "../command";
import type { Model } from "../model";
import type { Holder, Refusal } from "../names";
import type { Call, System } from "../system";

/** Untyped: the name of a call is chosen. */
const token: Interface = abi.token;

/** A call of the token on a chain. */
function tokenCall(
  real: System,
  role: ChainRole,
  name: "mint" | "burn" | "transfer" | "transferShares",
  args: [string, bigint],
): Call {
  return { to: real.chain(role).contracts.token, data: token.encodeFunctionData(name, args) };
}

/** Wei; not made smaller in the search for the shortest sequence, where it would be most of the work. */
const anyAmount = fc.noShrink(fc.bigInt(1n, 10n ** 21n));

const mint = command("mint", fc.record({ holder: anyHolder, amount: anyAmount }), {
  run: (model, real, { holder, amount }) => {
    const call = tokenCall(real, "home", "mint", [real.s.address(holder), amount]);
    return both(model, real, "home", real.transact("home", "issuer", call), () =>
      model.issue(holder, amount),
    );
  },
});

const burn = command("burn", fc.record({ holder: anyHolder, part: anyPart }), {
  possible: ({ home }, { holder }) => home.balanceOf(holder) > 0n,
  run: (model, real, { holder, part }) => {
    const amount = partOf(model.home.balanceOf(holder), part);
    const call = tokenCall(real, "home", "burn", [real.s.address(holder), amount]);
    return both(model, real, "home", real.transact("home", "issuer", call), () =>
      model.redeem(holder, amount),
    );
  },
});

const anyMovement = fc.record({ role: anyRole, from: anyHolder, to: anyHolder, part: anyPart });

const transfer = command("transfer", anyMovement, {
  possible: ({ chains }, { role, from }) => chains[role].balanceOf(from) > 0n,
  run: (model, real, { role, from, to, part }) => {
    const chain = model.chains[role];
    const amount = partOf(chain.balanceOf(from), part);
    const call = tokenCall(real, role, "transfer", [real.s.address(to), amount]);
    return both(model, real, role, real.transact(role, from, call), () =>
      chain.move(from, to, amount * chain.k, "ERC20InsufficientBalance"),
    );
  },
});

const transferShares = command("transfer shares", anyMovement, {
  possible: ({ chains }, { role, from }) => chains[role].shares[from] > 0n,
  run: (model, real, { role, from, to, part }) => {
    const chain = model.chains[role];
    const shares = partOf(chain.shares[from], part);
    const call = tokenCall(real, role, "transferShares", [real.s.address(to), shares]);
    return both(model, real, role, real.transact(role, from, call), () =>
      chain.move(from, to, shares, "InsufficientShares"),
    );
  },
});

const permit = command(
  "permit",
  fc.record({ role: anyRole, elsewhere: anyRole, from: anyHolder, to: anyHolder, part: anyPart }),
  {
    possible: ({ chains }, { role, from }) => chains[role].balanceOf(from) > 0n,
    run: (model, real, { role, elsewhere, from, to, part }) =>
      spendPermit(
        model,
        real,
        { role, elsewhere, from, to },
        partOf(model.chains[role].balanceOf(from), part),
      ),
  },
);

/** Allows by signature and spends; the signature is worth nothing again, here or elsewhere. */
async function spendPermit(
  model: Model,
  real: System,
  {
    role,
    elsewhere,
    from,
    to: receiver,
  }: { role: ChainRole; elsewhere: ChainRole; from: Holder; to: Holder },
  amount: bigint,
): Promise<Refusal> {
  const { s } = real;
  const { contracts, chainId, provider } = real.chain(role);
  const there = contractAt.token(contracts.token, provider);
  const [owner, spender] = [s.address(from), s.address(receiver)];
  const domain = {
    name: s.mesh.config.token.name,
    version: "1",
    chainId,
    verifyingContract: contracts.token,
  };
  const nonce = await there.nonces(owner);
  const terms = { owner, spender, value: amount, nonce, deadline: MaxUint256 };
  const signed = await s.signer(real.chain(role), from).signTypedData(domain, PERMIT_TYPES, terms);
  const { v, r, s: end } = Signature.from(signed);
  const data = abi.token.encodeFunctionData("permit", [
    owner,
    spender,
    amount,
    MaxUint256,
    v,
    r,
    end,
  ]);
  const given = await real.transact(role, "thirdParty", { to: contracts.token, data });
  agreed(given.refusal, undefined);
  for (const again of new Set([role, elsewhere])) {
    const { token: to } = real.chain(again).contracts;
    const repeated = await real.transact(again, "thirdParty", { to, data });
    agreed(repeated.refusal, "ERC2612InvalidSigner");
    model.chains[again].now = await real.now(again);
  }
  const chain = model.chains[role];
  const spend = abi.token.encodeFunctionData("transferFrom", [owner, spender, amount]);
  const action = real.transact(role, receiver, { to: contracts.token, data: spend });
  const refusal = await both(model, real, role, action, () =>
    chain.move(from, receiver, amount * chain.k, "ERC20InsufficientBalance"),
  );
  expect(await there.allowance(owner, spender), "allowance").to.equal(refusal ? amount : 0n);
  return refusal;
}

export const tokenCommands = [
  { weight: 2, arbitrary: mint },
  { weight: 2, arbitrary: burn },
  { weight: 3, arbitrary: transfer },
  { weight: 2, arbitrary: transferShares },
  { weight: 1, arbitrary: permit },
];
