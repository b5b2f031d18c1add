import { setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { hexlify, toUtf8Bytes } from "ethers";

import { OperatorError } from "../../../lib/core/errors";
import { inspectCcip } from "../../../lib/mesh/inspect";
import type { Mesh } from "../../../lib/core/mesh/mesh";
import { loadFixture } from "../../shared/fixture";
import { deployedMeshFixture, inspectMesh } from "../../shared/meshFixture";

const NOWHERE = "0x000000000000000000000000000000000000dEaD";

describe("Inspecting the contracts of a mesh", () => {
  it("accepts what the deploy scripts and CCIP deployed", async () => {
    const { mesh } = await loadFixture(deployedMeshFixture);
    await inspectMesh(mesh);
  });

  it("reports an address without code, with the chain and the remedy [H2]", async () => {
    const { mesh } = await loadFixture(deployedMeshFixture);
    const contracts = { ...mesh.home.contracts, controller: NOWHERE };
    const lost: Mesh = { ...mesh, home: { ...mesh.home, contracts } };
    await expect(inspectMesh(lost)).to.be.rejectedWith(
      OperatorError,
      `There is no code at ${NOWHERE}, the controller of local-home: was the chain reset? Deploy again with "npx hardhat deploy --network local-home --mesh local".`,
    );
    const ccip = { ...mesh.home.ccip, router: NOWHERE };
    await expect(inspectCcip("local-home", mesh.home.provider, ccip)).to.be.rejectedWith(
      OperatorError,
      `${NOWHERE}, the router of local-home: CCIP is not there`,
    );
  });

  it("refuses a contract of another type or version [H2]", async () => {
    const { mesh } = await loadFixture(deployedMeshFixture);
    const { ccip, provider } = mesh.home;
    await expect(
      inspectCcip("local-home", provider, { router: ccip.tokenAdminRegistry }),
    ).to.be.rejectedWith(
      OperatorError,
      `The router of local-home at ${ccip.tokenAdminRegistry} is "TokenAdminRegistry 1.5.0"`,
    );
    const contracts = { ...mesh.home.contracts, pool: mesh.home.contracts.broadcaster };
    await expect(inspectMesh({ ...mesh, home: { ...mesh.home, contracts } })).to.be.rejectedWith(
      OperatorError,
      'is "RebaseBroadcaster 1.0.0"',
    );
  });

  it("refuses a LINK in which CCIP takes no fees [H2]", async () => {
    const { mesh } = await loadFixture(deployedMeshFixture);
    const { ccip, contracts } = mesh.home;
    const home = { ...mesh.home, ccip: { ...ccip, link: contracts.token } };
    await expect(inspectMesh({ ...mesh, home })).to.be.rejectedWith(
      OperatorError,
      new RegExp(
        `^CCIP takes no fees on local-home in ${contracts.token}, its LINK in the chain directory; it takes them in .*${ccip.link}`,
      ),
    );
  });

  it("says what to do with a mesh that an earlier version of the project deployed", async () => {
    const { mesh } = await loadFixture(deployedMeshFixture);
    const [sat1] = mesh.satellites;
    if (!sat1) throw new Error("The mesh has no satellite.");
    const { receiver } = sat1.contracts;
    const code = await sat1.provider.getCode(receiver);
    const [now, before] = ["RebaseReceiver 1.1", "RebaseReceiver 1.0"].map((text) =>
      hexlify(toUtf8Bytes(text)).slice(2),
    );
    expect(code).to.include(now);
    await setCode(receiver, code.replace(now ?? "", before ?? ""));
    await expect(inspectMesh(mesh)).to.be.rejectedWith(
      OperatorError,
      /^The receiver of local-sat1 at 0x\w{40} is "RebaseReceiver 1\.0\.0", and only .* is supported: .* use that version, or deploy the mesh anew under another name\.$/,
    );
  });

  for (const [contract, other] of [
    ["token", "timelock"],
    ["token", "controller"],
    ["token", "router"],
    ["timelock", "token"],
    ["timelock", "router"],
    ["controller", "broadcaster"],
  ] as const) {
    it(`refuses a record of the ${contract} with the address of the ${other}`, async () => {
      const { mesh } = await loadFixture(deployedMeshFixture);
      const { contracts, ccip } = mesh.home;
      const address = other === "router" ? ccip.router : contracts[other];
      const confused = { ...mesh.home, contracts: { ...contracts, [contract]: address } };
      await expect(inspectMesh({ ...mesh, home: confused })).to.be.rejectedWith(
        OperatorError,
        `The ${contract} of local-home at ${address} is "`,
      );
    });
  }

  it("refuses a contract of no known type", async () => {
    const { mesh } = await loadFixture(deployedMeshFixture);
    await setCode(NOWHERE, "0x00");
    const contracts = { ...mesh.home.contracts, pool: NOWHERE };
    await expect(inspectMesh({ ...mesh, home: { ...mesh.home, contracts } })).to.be.rejectedWith(
      OperatorError,
      'is "of no known type"',
    );
  });

  it("refuses the token of a home on a satellite", async () => {
    const { mesh } = await loadFixture(deployedMeshFixture);
    const [sat1, ...others] = mesh.satellites;
    if (!sat1) throw new Error("no satellite");
    const contracts = { ...sat1.contracts, token: mesh.home.contracts.token };
    await expect(
      inspectMesh({ ...mesh, satellites: [{ ...sat1, contracts }, ...others] }),
    ).to.be.rejectedWith("The token of local-sat1 was deployed as a home");
  });
});
