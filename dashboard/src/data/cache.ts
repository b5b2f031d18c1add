/** Logs of one chain that are known up to a block, stored in the browser. */
export interface CachedLogs {
  /** The last block that was read. */
  readonly blockNumber: number;
  /** Its hash: a different one means a different chain, or a reorg. */
  readonly blockHash: string;
  readonly logs: readonly ChainLog[];
}

/** A log as stored by the dashboard: plain data. */
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

/** Returns the logs stored under a key; undefined if the browser has none. */
export async function loadLogs(key: string): Promise<CachedLogs | undefined> {
  try {
    const store = await open("readonly");
    return (await done(store.get(key))) as CachedLogs | undefined;
  } catch {
    return undefined;
  }
}

/** Stores logs; if the browser cannot, they are read again next time. */
export async function saveLogs(key: string, logs: CachedLogs): Promise<void> {
  try {
    const store = await open("readwrite");
    await done(store.put(logs, key));
  } catch {
    // Private windows and full disks store nothing, which loses nothing.
  }
}

/** Deletes the logs stored under a key. */
export async function deleteLogs(key: string): Promise<void> {
  try {
    const store = await open("readwrite");
    await done(store.delete(key));
  } catch {
    // There is nothing to delete.
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
