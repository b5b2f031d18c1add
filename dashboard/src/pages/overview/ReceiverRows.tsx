import { lastRead } from "../../model/reading";
import type { Reading } from "../../model/reading";

import type { Snapshot } from "../../data/snapshot";
import { duration } from "../../model/words";
import { Known } from "../../ui/Known";
import { Badge } from "../../ui/kit";
import { Row } from "./Row";

/** Shows when home last confirmed a satellite's index, and the broadcast that it holds back. */
export function ReceiverRows({
  snapshot,
  time,
}: {
  snapshot: Reading<Snapshot>;
  /** Chain time, unix seconds. */
  time: number;
}) {
  return (
    <>
      <Row name="Confirmed by home">
        <Known reading={snapshot} saysAge={false}>
          {({ receiver }) =>
            receiver?.lastConfirmed ? (
              <span className="num">{duration(time - receiver.lastConfirmed)} ago</span>
            ) : (
              "not yet"
            )
          }
        </Known>
      </Row>
      {lastRead(snapshot)?.value.receiver?.heldBack && (
        <Row name="Held back">
          <Known reading={snapshot} saysAge={false}>
            {({ receiver }) => (
              <a href="#/operate">
                <Badge tone={receiver?.heldBack?.isRejected ? "wait" : "bad"}>
                  epoch {receiver?.heldBack?.epoch.toString()}
                  {receiver?.heldBack?.isRejected && ", rejected"}
                </Badge>
              </a>
            )}
          </Known>
        </Row>
      )}
    </>
  );
}
