import { shouldConserve } from "../shared/behaviours/conservation";
import { useWorld } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

describe(`Conservation (${WORLD_NAME})`, () => {
  shouldConserve(useWorld, 2);
});
