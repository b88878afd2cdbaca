// Which uploads of this person were begun in this browser and did not end: a file that is chosen again goes on.

/** Where a file is sent, and what was wished for it. */
export interface Place {
  readonly id: string;
  readonly address: string;
  /** Until then the address takes bytes (ISO 8601). */
  readonly until: string;
  readonly wishes: readonly (readonly [string, string])[];
}

export interface Remembered {
  readonly key: string;
  readonly name: string;
  readonly place: Place;
}

/** The same file: what a page may know of it without reading it. */
export function fingerprint(file: { name: string; size: number; lastModified: number }, mode: string): string {
  return JSON.stringify([mode, file.size, file.lastModified, file.name]);
}

/** Kept for whoever is signed in; a browser without a store remembers nothing, and sends all the same. */
export class Memory {
  readonly #prefix: string;
  readonly #store: Storage | null;

  constructor(owner: string, store: Storage | null = usable()) {
    this.#prefix = `calltrace-upload:${owner}:`;
    this.#store = store;
  }

  of(key: string): Place | null {
    return parsedPlace(this.#store?.getItem(this.#prefix + key) ?? "");
  }

  keep(key: string, place: Place): void {
    try {
      this.#store?.setItem(this.#prefix + key, JSON.stringify(place));
    } catch {
      // The store is full: the upload goes on as long as the page is open.
    }
  }

  forget(key: string): void {
    this.#store?.removeItem(this.#prefix + key);
  }

  /** All that may still go on; what is over is forgotten. */
  all(now = Date.now()): Remembered[] {
    const found: Remembered[] = [];
    for (const name of Object.keys(this.#store ?? {})) {
      if (!name.startsWith(this.#prefix)) continue;
      const key = name.slice(this.#prefix.length), place = this.of(key);
      if (place && Date.parse(place.until) > now) found.push({ key, name: nameIn(key), place });
      else this.forget(key);
    }
    return found;
  }
}

function parsedPlace(text: string): Place | null {
  try {
    const found = JSON.parse(text) as Partial<Place> | null;
    const whole = found?.id && found.address?.startsWith("/") && found.until && Array.isArray(found.wishes);
    return whole ? (found as Place) : null;
  } catch {
    return null;
  }
}

function nameIn(key: string): string {
  try {
    return String((JSON.parse(key) as unknown[])[3] ?? "");
  } catch {
    return "";
  }
}

function usable(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
