import { readFileSync } from "node:fs";

import { expect } from "chai";
import { getAddress } from "ethers";

import { LIVE_CHAINS, liveChain, nativeSymbol } from "../../../lib/core/chains";
import { GENERATED_FILE, generatedDirectory } from "../../../scripts/chains/generate";
import { parseRegister } from "../../../scripts/chains/register";
import { liveNetworks } from "../../../config/networks";
import { localChains } from "../../../config/localChains";

describe("The chain directory", () => {
  it("matches Chainlink Local's register: otherwise run npm run generate:chains [H1]", async () => {
    expect(readFileSync(GENERATED_FILE, "utf8")).to.equal(await generatedDirectory());
  });

  it("knows every chain by one name, one id and one selector, none of them local [H1]", () => {
    const local = localChains(16);
    for (const key of ["network", "chainId", "selector"] as const) {
      const values = LIVE_CHAINS.map((chain) => chain[key]);
      expect(new Set(values).size, key).to.equal(values.length);
    }
    for (const { chainId, selector } of local) {
      expect(LIVE_CHAINS.some((chain) => chain.chainId === chainId)).to.equal(false);
      expect(LIVE_CHAINS.some((chain) => chain.selector === selector)).to.equal(false);
    }
  });

  it("has every address that the token needs", () => {
    for (const { network, ccip } of LIVE_CHAINS) {
      for (const [name, address] of Object.entries(ccip)) {
        expect(getAddress(address), `${name} of ${network}`).to.equal(address);
      }
    }
  });

  it("lists the chains that can be deployed to, each under its own name", () => {
    const networks = Object.entries(liveNetworks());
    expect(networks).to.have.length(LIVE_CHAINS.length);
    for (const [network, { chainId } = { chainId: 0 }] of networks) {
      expect(liveChain(network)?.chainId, network).to.equal(chainId);
    }
    expect(liveChain("ethereum-sepolia")).to.deep.include({
      selector: 16015286601757825753n,
      explorer: "https://sepolia.etherscan.io",
    });
    expect(liveChain("local-home")).to.equal(undefined);
  });

  for (const [network, symbol] of [
    ["ethereum", "ETH"],
    ["ethereum-sepolia", "ETH"],
    ["avalanche-fuji", "AVAX"],
    ["polygon", "POL"],
    ["polygon-amoy", "POL"],
    ["bnb-chain", "BNB"],
    ["bnb-chain-testnet", "tBNB"],
    ["gnosis", "XDAI"],
    ["base-sepolia", "ETH"],
    // Another chain has its id in viem's list, and another currency.
    ["astar-shibuya", "native"],
    ["local-home", "ETH"],
  ] as const) {
    it(`names the gas currency of ${network}: ${symbol}`, () => {
      expect(nativeSymbol(network)).to.equal(symbol);
    });
  }

  it("refuses a register with an assignment that it cannot parse", () => {
    expect(() => parseRegister("s_networkDetails[1] = NetworkDetails(something());")).to.throw(
      "understood 0 of 1 chains",
    );
    expect(() =>
      parseRegister("// X\n s_networkDetails[1] = NetworkDetails({ chainSelector: 5 });"),
    ).to.throw("chain 1 has no routerAddress");
  });
});
