import { describe, expect, it } from "vitest";

import { viemChain } from "../src/data/client";
import { nativeSymbol } from "../src/deployments";
import type { DeployedChain } from "../src/deployments";

const CHAIN = { name: "avalanche-fuji", chainId: 43_113, rpcUrl: "http://localhost:1" };

describe("The gas currency of a chain", () => {
  it.each([
    [{ name: "Avalanche", symbol: "AVAX" }, "AVAX", "AVAX"],
    [{ name: "POL", symbol: "POL" }, "POL", "POL"],
    [undefined, "native", "NATIVE"],
  ])("is %j on screen and in wallets", (nativeCurrency, onScreen, inWallets) => {
    const chain = { ...CHAIN, nativeCurrency } as DeployedChain;
    expect(nativeSymbol(chain)).toBe(onScreen);
    expect(viemChain(chain).nativeCurrency).toMatchObject({ symbol: inWallets, decimals: 18 });
  });
});
