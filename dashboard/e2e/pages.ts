import { AxeBuilder } from "@axe-core/playwright";
import { expect } from "@playwright/test";
import type { Locator, Page } from "@playwright/test";
import { numberToHex } from "viem";

import { rpc } from "./world";
import type { Chain } from "./world";

/** Returns the heading of a page; on the overview it is the state of the mesh. */
export const headingOf = (page: Page): Locator => page.getByRole("heading", { level: 1 });

/** Returns the row of a chain among the balances of an account. */
export const balanceRow = (page: Page, chain: string): Locator =>
  page
    .getByRole("region", { name: "Balances by chain" })
    .getByRole("row", { name: new RegExp(`^${chain}`) });

/** Expects axe to find no violations on a page. */
export async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`),
  ).toEqual([]);
}

/** Waits until the page is loaded and everything has been read, including logs. */
export async function settled(page: Page): Promise<void> {
  await expect(headingOf(page)).toBeVisible();
  await expect(page.locator("main :is(.skeleton, .waiting, .scan)")).toHaveCount(0);
}

/** Presses the button of the transfer form once its terms are complete: what arrives late moves the button. */
export async function approveAndSend(page: Page): Promise<void> {
  await expect(page.locator("main .skeleton")).toHaveCount(0);
  await page.getByRole("button", { name: "Approve and send" }).click();
}

/** Expects a page to need no horizontal scrolling; a chart adapts to a change of width only in the next frames. */
export async function expectFits(page: Page, width: number): Promise<void> {
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
}

/** Presses the tab key until an element has the focus. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press("Tab");
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`The keyboard does not reach ${String(target)}.`);
}

/** A JSON-RPC request of the page. */
export interface RpcCall {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/**
 * Intercepts requests from the page to a chain's endpoint.
 * @param answer replaces the node's answer; undefined forwards the request to the node.
 */
export async function intercept(
  page: Page,
  { rpcUrl }: Pick<Chain, "rpcUrl">,
  answer: (call: RpcCall) => Promise<object | undefined> | object | undefined,
): Promise<void> {
  await page.route(
    (url) => url.href.startsWith(rpcUrl),
    async (route) => {
      const body = route.request().postDataJSON() as RpcCall | RpcCall[];
      const one = async (call: RpcCall): Promise<unknown> => {
        const own = await answer(call);
        if (own) return { jsonrpc: "2.0", id: call.id, ...own };
        const response = await fetch(rpcUrl, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(call),
        });
        return response.json();
      };
      // A page that was closed meanwhile needs no answer.
      const json = Array.isArray(body) ? await Promise.all(body.map(one)) : await one(body);
      await route
        .fulfill({ json, headers: { "access-control-allow-origin": "*" } })
        .catch(() => undefined);
    },
  );
}

/** Replaces a chain's node by one that is stuck at a block, with consistent answers. */
export async function sticksAt(page: Page, chain: Chain, block: number): Promise<void> {
  const newest = numberToHex(block);
  await intercept(page, chain, async ({ method, params }) => {
    if (method === "eth_blockNumber") return { result: newest };
    const asked = params.map((param) =>
      param === "latest" || param === "pending" ? newest : param,
    );
    const [range] = params;
    if (method === "eth_getLogs" && typeof range === "object")
      asked[0] = { ...range, toBlock: newest };
    return { result: await rpc(chain.rpcUrl, method, asked) };
  });
}
