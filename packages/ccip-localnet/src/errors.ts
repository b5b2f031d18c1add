import { z } from "zod";

const carried = z.object({ error: z.object({ message: z.string() }) });

/**
 * Formats an error for people: the node's message where ethers wraps it, because ethers repeats the whole request, and
 * without the keys that urls contain.
 */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  for (const carrier of [error, "info" in error && error.info]) {
    const { success, data } = carried.safeParse(carrier);
    if (success) return withoutKeys(data.error.message);
  }
  const short = "shortMessage" in error && z.string().safeParse(error.shortMessage);
  return withoutKeys(short && short.success ? short.data : error.message);
}

/**
 * Removes everything that may be a key: every part of a url but its host, bodies of answers, and the parts of `url`.
 * @param url a secret url, whose parts are removed everywhere.
 */
export function withoutKeys(text: string, url?: string): string {
  const hidden = secretsOf(url).reduce((left, secret) => left.replaceAll(secret, "…"), text);
  return hidden
    .replace(/(https?:\/\/)(?:[^\s/@"']*@)?([^\s/"'?)]+)[/?][^\s"')]+/g, "$1$2/…")
    .replace(/body: "(?:[^"\\]|\\.)*"/g, "body: …");
}

/** The longest first: one may be part of another. */
function secretsOf(url: string | undefined): string[] {
  if (url === undefined) return [];
  if (!URL.canParse(url)) return [url];
  const { username, password, pathname, searchParams } = new URL(url);
  return [username, password, ...pathname.split("/"), ...searchParams.values()]
    .filter((part) => part.length > 3)
    .sort((a, b) => b.length - a.length);
}
