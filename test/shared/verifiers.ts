import { ZeroAddress } from "ethers";
import { call, deployContract, sendAll } from "ccip-localnet";
import { readOne, released } from "ccip-localnet/protocol";
import type { Lane } from "ccip-localnet/protocol";
import { z } from "zod";

const destinationConfig = z.looseObject({ defaultCCVs: z.array(z.string()) });

/**
 * Has the source of a lane of CCIP 2.0 send nothing without so many verifiers, all of them committees that charge
 * a fee. Its destination does not know those that are added. Nothing happens for the one that every lane has, of
 * which 1.6 knows no more.
 */
export async function requireVerifiers(lane: Lane, count: number): Promise<void> {
  if (count === 1) return;
  const { source, destination } = lane;
  const { ccip, owner } = source;
  const owned = await owner.getAddress();
  const onRamp = { address: ccip.onRamp, interface: released("onRamp", "2.0").interface };
  const args = [destination.selector];
  const config = await readOne(
    source.provider,
    onRamp,
    "getDestChainConfig",
    args,
    destinationConfig,
  );
  const verifiers = [...config.defaultCCVs];
  while (verifiers.length < count) {
    const tag = `0x000000${String(verifiers.length).padStart(2, "0")}`;
    const committeeVerifier = await deployContract(owner, released("committeeVerifier", "2.0"), [
      { feeAggregator: owned, allowlistAdmin: ZeroAddress },
      ["local"],
      ccip.rmnProxy,
      tag,
    ]);
    const resolver = await deployContract(owner, released("verifierResolver", "2.0"));
    const added = {
      ...ccip,
      version: "2.0",
      committeeVerifier,
      verifierResolver: resolver,
    } as const;
    await sendAll(owner, [
      call(added as typeof ccip, "committeeVerifier", "applyRemoteChainConfigUpdates", [
        [
          {
            router: ccip.router,
            remoteChainSelector: destination.selector,
            allowlistEnabled: false,
            feeUSDCents: 5,
            gasForVerification: 50_000,
            payloadSizeBytes: 134,
          },
        ],
      ]),
      call(added as typeof ccip, "verifierResolver", "applyOutboundImplementationUpdates", [
        [{ destChainSelector: destination.selector, verifier: committeeVerifier }],
      ]),
    ]);
    verifiers.push(resolver);
  }
  await sendAll(owner, [
    call(ccip, "onRamp", "applyDestChainConfigUpdates", [
      [{ ...config, destChainSelector: destination.selector, defaultCCVs: verifiers }],
    ]),
  ]);
}
