/** Minimum length of a secret: shorter values occur in ordinary text. */
const SHORTEST = 8;

/** Minimum length of a secret password, or of a query parameter that is a key. */
const SHORTEST_NAMED = 4;

/** Minimum length of a secret path segment with digits or capitals. */
const SHORTEST_MIXED = 5;

const NAMED_SECRET = /key|token|secret|auth|pass|pwd/i;

const URL_PARTS = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:([^@/?#]*)@)?([^/?#]*)(.*)$/is;

/**
 * Replaces a secret in a text by a name, in whatever case and encoding it appears there: a key, or a url with or
 * without a scheme, whose path, query and credentials are secret.
 */
export function withoutSecret(text: string, secret: string, name: string): string {
  return formsOf(unquoted(secret))
    .sort((a, b) => b.length - a.length)
    .reduce((clean, form) => clean.replace(new RegExp(escaped(form), "gi"), name), text);
}

/** Removes blanks and quotes around a value. */
export function unquoted(value: string): string {
  return value.trim().replace(/^(["'])(.*)\1$/s, (_, _quote, inner: string) => inner.trim());
}

/** Encodes credentials, as they stand in a url, for an Authorization header. */
export function basicCredentials(credentials: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(decoded(credentials))));
}

/** Lists the forms in which a secret may appear. */
function formsOf(secret: string): string[] {
  const forms: string[] = [];
  const add = (shortest: number, ...texts: string[]) =>
    forms.push(...texts.filter((text) => text.length >= shortest));
  add(SHORTEST, secret, secret.replace(/^0x/i, ""));
  const [, credentials = "", host = "", rest = ""] = URL_PARTS.exec(secret) ?? [];
  if (credentials) {
    const [user, password] = split(credentials, ":");
    add(SHORTEST, user);
    add(SHORTEST_NAMED, credentials, password, basicCredentials(credentials));
  }
  if (rest.length > 1) add(SHORTEST, host + rest);
  add(SHORTEST_NAMED, rest);
  const [path, query] = split(rest, "?");
  const parts = path.split(/[/#]/);
  add(SHORTEST, ...parts, query);
  // Names of chains and of interfaces are short words, such as mainnet; keys have digits or capitals.
  add(SHORTEST_MIXED, ...parts.filter((part) => /[0-9A-Z]/.test(part)));
  for (const part of query.split(/[&#]/)) {
    const [name, value] = split(part, "=");
    add(NAMED_SECRET.test(name) ? SHORTEST_NAMED : SHORTEST, value);
  }
  const encoded = forms.flatMap((form) => [form, encodeURIComponent(form), decoded(form)]);
  return [...new Set(encoded)];
}

function split(text: string, separator: string): [string, string] {
  const [first = "", ...others] = text.split(separator);
  return [first, others.join(separator)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
