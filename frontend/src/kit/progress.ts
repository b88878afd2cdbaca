// How far calls are, as the server tells it, and when to ask again; without a document: tried by itself.

/** What one event says of a call. */
export interface Progress {
  readonly analysisId: string;
  readonly status: string;
  readonly stage: string;
  readonly percent: number;
}

/** What an event says of calls that came in: how many, or more than can be counted. */
export interface Newer {
  readonly count: number;
  readonly more: boolean;
}

const FIRST_MS = 2000, MOST_MS = 60_000;

/** How long to wait before the next connection: twice as long each time, a little by chance, a minute at most. */
export function backoff(failures: number, chance: number): number {
  const most = Math.min(FIRST_MS * 2 ** Math.max(0, failures - 1), MOST_MS);
  return Math.round(most * (0.75 + 0.25 * chance));
}

/** What an event says; nothing where it is not what is known today. */
export function progressOf(data: string): Progress | null {
  try {
    const told = JSON.parse(data) as Partial<Progress>;
    const { analysisId, status, stage, percent } = told;
    if (!analysisId || !status || !stage || typeof percent !== "number") return null;
    return { analysisId, status, stage, percent };
  } catch {
    return null;
  }
}

/** What an event says of new calls; nothing where it is not what is known today. */
export function newerOf(data: string): Newer | null {
  try {
    const { count, more } = JSON.parse(data) as Partial<Newer>;
    return typeof count === "number" && typeof more === "boolean" ? { count, more } : null;
  } catch {
    return null;
  }
}

/** What names the state that a page shows in words: while it lasts, only numbers change. */
export function stateOf({ status, stage }: Progress): string {
  return `${status}.${stage}`;
}

/** A text with another number before its sign. */
export function withPercent(text: string, percent: number): string {
  return text.replace(/\d+(?=\s%)/, String(percent));
}
