import {
  RebaseBroadcaster__factory,
  RebaseController__factory,
  RebaseReceiver__factory,
  RebaseToken__factory,
  RebaseTokenPool__factory,
  TimelockController__factory,
} from "../../typechain-types";
import { released } from "../ccip/releases";

/** ABIs of the contracts of this project, by the names that a mesh uses. */
export const abi = {
  timelock: TimelockController__factory.createInterface(),
  token: RebaseToken__factory.createInterface(),
  pool: RebaseTokenPool__factory.createInterface(),
  controller: RebaseController__factory.createInterface(),
  broadcaster: RebaseBroadcaster__factory.createInterface(),
  receiver: RebaseReceiver__factory.createInterface(),
} as const;

/** ABIs of CCIP's contracts by which a token is registered. */
export const ccipAbi = {
  registry: released("tokenAdminRegistry").interface,
  registryModule: released("registryModule").interface,
} as const;
