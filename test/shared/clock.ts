/** Does something while the clock of this machine is an hour ahead. */
export async function anHourAhead(action: () => PromiseLike<unknown>): Promise<void> {
  const truth = Date.now;
  Date.now = () => truth() + 3_600_000;
  try {
    await action();
  } finally {
    Date.now = truth;
  }
}
