import { expect } from "chai";
import { parseEther } from "ethers";

import { lastIssue } from "../../../lib/token/issued";
import { expectSuccess, mined, useWorld } from "../../shared/scenario";

describe("The last issue", () => {
  const scenario = useWorld(async (s) => {
    await s.mint("alice", parseEther("7"));
    await s.give(s.sat1, "alice", parseEther("1000"));
    await s.refillBuckets();
  });

  it("is what the issuer minted, not what arrived, left or was redeemed since", async () => {
    const s = scenario();
    const issuer = s.tokenOn(s.home, "issuer");
    const { hash } = await mined(issuer.mint(s.address("alice"), parseEther("5")));
    await s.send({ from: s.sat1, to: s.home }, "alice", parseEther("12.5"));
    expectSuccess(await s.deliver());
    await s.send({ from: s.home, to: s.sat1 }, "alice", parseEther("2"));
    await mined(s.tokenOn(s.home, "alice").approve(s.address("issuer"), parseEther("1")));
    await mined(issuer.burn(s.address("alice"), parseEther("1")));

    const last = await lastIssue(
      s.mesh.home,
      s.address("alice"),
      await s.home.provider.getBlockNumber(),
    );
    expect([last?.amount, last?.transaction.hash]).to.deep.equal([parseEther("5"), hash]);
  });
});
