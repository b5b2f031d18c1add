import { scope } from "hardhat/config";

/** Tasks that declare, plan, wire and check a mesh. */
export const meshScope = scope(
  "mesh",
  "What should be, what is, and what makes the one into the other.",
);

export const ONLY = [
  "only",
  "Part of the plan: limits, pool, token or roles; steps that these depend on are included and named.",
] as const;

export const DESTRUCTIVE_FLAG = [
  "allowDestructive",
  "Include what rejects messages in flight: removing a remote pool, closing a lane.",
] as const;
