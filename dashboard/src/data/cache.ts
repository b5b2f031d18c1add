/** Logs of one chain that are known up to a block, kept in the browser. */
export interface CachedLogs {
  /** The last block that was read. */
  readonly blockNumber: number;
  /** Its hash: another one means another chain, or one that was rolled back. */
  readonly blockHash: string;
  readonly logs: readonly ChainLog[];
}

/** A log as the dashboard keeps it: plain data. */
export interface ChainLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: number;
  readonly transactionHash: string;
  readonly index: number;
  /** Time of its block, unix seconds. */
  readonly time: number;
}

const STORE = "logs";

/** Returns the logs kept under a key; undefined where the browser keeps nothing. */
export async function loadLogs(key: string): Promise<CachedLogs | undefined> {
  try {
    const store = await open("readonly");
    return (await done(store.get(key))) as CachedLogs | undefined;
  } catch {
    return undefined;
  }
}

/** Keeps logs; a browser that refuses reads them again next time. */
export async function saveLogs(key: string, logs: CachedLogs): Promise<void> {
  try {
    const store = await open("readwrite");
    await done(store.put(logs, key));
  } catch {
    // Private windows and full disks keep nothing; nothing is lost by it.
  }
}

/** Forgets what was kept under a key. */
export async function deleteLogs(key: string): Promise<void> {
  try {
    const store = await open("readwrite");
    await done(store.delete(key));
  } catch {
    // Where nothing is kept, nothing is forgotten.
  }
}

let database: Promise<IDBDatabase> | undefined;

async function open(mode: IDBTransactionMode): Promise<IDBObjectStore> {
  database ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("rebase-dashboard", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new Error("The browser keeps no data for this page."));
  });
  return (await database).transaction(STORE, mode).objectStore(STORE);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("The browser's store failed."));
  });
}
