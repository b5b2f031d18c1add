import { whenSlow } from "../../cli/progress";
import type { Voice } from "../../cli/voice";
import type { ReadOptions } from "../state";

/** A voice that tells of slow reads too. */
export interface ReadingVoice extends Pick<Voice, "say"> {
  readonly during: NonNullable<ReadOptions["during"]>;
}

/**
 * Tells what is being read where that takes long, chain by chain: each of them once until something else
 * was said, for who waits for a message reads again and again.
 */
export function tellingReads(say: Voice["say"]): ReadingVoice {
  const told = new Set<string>();
  return {
    say: (text) => {
      told.clear();
      say(text);
    },
    during: (title, action) =>
      told.has(title)
        ? action()
        : whenSlow(title, action, (text) => {
            told.add(title);
            say(text);
          }),
  };
}
