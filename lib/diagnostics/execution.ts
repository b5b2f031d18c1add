import type { Cause } from "./executionFailures";
import type { MessageFacts } from "./facts";
import { command } from "./recovery";
import type { Recovery } from "./recovery";

/** What executes a message by hand, with what it needs. */
export function executeCommand(
  { mesh, message }: Pick<MessageFacts, "mesh" | "message">,
  gas: Cause["gas"] = {},
): string {
  return command(`message execute ${message.messageId}`, {
    "receiver-gas": gas.receiverGas,
    "token-gas": gas.tokenGas,
    mesh: mesh.name,
  });
}

/** The execution by hand that comes after the fixes; none where none will ever succeed. */
export function execution(facts: MessageFacts, cause: Cause | undefined): Recovery[] {
  if (cause?.isHopeless) return [];
  return [
    {
      command: executeCommand(facts, cause?.gas),
      note: cause && cause.fixes.length > 0 ? "afterwards" : "whoever signs pays the gas",
    },
  ];
}

/** What would become of it, were it executed as things are. */
export function foretold(
  { rehearsal, message, verification }: MessageFacts,
  cause: Cause | undefined,
): string[] {
  if (cause) return ["As things are its execution would fail:", ...cause.why];
  if (!rehearsal) return [];
  return [
    message.version === "2.0" && !verification?.isVerified
      ? "Asked of the node, neither its pool nor its receiver would refuse it."
      : "Asked of the node, it would succeed as things are.",
  ];
}
