/** The folder in which `@chainlink/ccip-sdk` is installed, beside the project: it is no dependency. */
const folder = process.env.CCIP_SDK;
if (!folder) throw new Error("CCIP_SDK names no folder: run npm run test:interop.");

/** Loads the SDK; its caller names the part that it uses. */
export function loadSdk<T>(): T {
  return require(require.resolve("@chainlink/ccip-sdk", { paths: [folder ?? ""] })) as T;
}
