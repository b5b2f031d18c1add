import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import { readFileSync } from "node:fs";
import path from "node:path";

import type { VerificationSource } from "ccip-localnet/protocol";

import type { DeploymentsFile } from "../core/dashboardFile";
import { OperatorError } from "../core/errors";
import { parseWhole } from "../core/input/decimal";
import { BUILT_SITE, buildSite, pageFor } from "./site";

/** A running dashboard server. */
export interface ServedDashboard {
  /** Its URL, on the loopback interface. */
  readonly url: string;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** Paths at which the page requests the results of a message's verifiers. */
const VERIFICATIONS = /^\/verifications\/(0x[0-9a-f]{64})\.json$/;

/**
 * Parses a port; 0 picks a free one.
 * @throws InputError naming the text and the largest port.
 */
export function parsePort(text: string): number {
  return Number(parseWhole(text, { most: 65_535n, option: "--port" }));
}

/**
 * Serves the dashboard of a mesh on the loopback interface, building it first when needed.
 * @param options the port, 0 for a free one, and the source of results of CCIP 2.0 verifiers to serve beside the page.
 * @throws naming the port when it is in use.
 */
export async function serveDashboard(
  mesh: DeploymentsFile,
  { port, verifications }: { readonly port: number; readonly verifications?: VerificationSource },
): Promise<ServedDashboard> {
  await buildSite();
  const file = { ...mesh, publishesVerifications: verifications !== undefined };
  const documents: Readonly<Record<string, () => string>> = {
    "/index.html": () => pageFor(file),
    "/deployments.json": () => JSON.stringify(file),
  };
  const server = createServer((request, response) => {
    const { pathname: asked } = new URL(request.url ?? "/", "http://localhost");
    const pathname = asked === "/" ? "/index.html" : asked;
    const [, messageId] = VERIFICATIONS.exec(pathname) ?? [];
    if (verifications && messageId) {
      verifications.verificationsOf(messageId).then(
        (answers) => answer(response, ".json", JSON.stringify(answers)),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
      return;
    }
    const document = documents[pathname];
    if (document) return answer(response, path.extname(pathname), document());
    try {
      const target = path.join(BUILT_SITE, path.normalize(decodeURIComponent(pathname)));
      if (!target.startsWith(BUILT_SITE + path.sep)) throw new Error("outside of the site");
      answer(response, path.extname(target), readFileSync(target));
    } catch {
      response.writeHead(404, { "content-type": "text/plain" }).end("There is no such page.");
    }
  });
  await new Promise<void>((resolve, reject) => {
    const message = `The dashboard cannot be served at port ${port}: use another.`;
    server.once("error", (cause) =>
      reject(new OperatorError("INVALID_OPTION", message, { cause })),
    );
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("The dashboard has no address.");
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(response: ServerResponse, extension: string, body: string | Buffer): void {
  response.writeHead(200, {
    "content-type": TYPES[extension] ?? "application/octet-stream",
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
  });
  response.end(body);
}
