// One file on its way: piece by piece to the address of its upload (IETF resumable uploads, decision 0041).
//
// The server says how far it is. What breaks off is asked for that, and goes on there, by itself.

import { backoff } from "../kit/progress.ts";
import type { Memory, Place } from "./memory.ts";

const PIECE = 32 * 1024 * 1024;
const SILENCE = 60_000;
const ANSWER = 30_000;
const MOST_CONFLICTS = 5;

/** What is told while it goes on; `waits` until it tries again by itself. */
export type News = { kind: "sent"; share: number } | { kind: "kept" } | { kind: "waits" } | { kind: "paused" };

/** It will not become a call, and why. */
export class Refused extends Error {}

/** The person gave up. */
export class Cancelled extends Error {}

/** It may go on later: the line broke, or the server was away. */
class Interrupted extends Error {}

/** The server has something else than was thought. */
class Moved extends Error {}

/** What the server answers to a script. */
interface Told {
  id?: string;
  address?: string;
  until?: string;
  path?: string;
  code?: string;
  detail?: string;
}

export interface Words {
  readonly signedOut: string;
  readonly refused: (status: number) => string;
}

/** One file travels at a time; one that is paused, or waits, lets the others pass. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Wait for one's turn; answers how to end it. */
  async take(): Promise<() => void> {
    const before = this.#last;
    let end = (): void => undefined;
    this.#last = new Promise((resolve) => {
      end = resolve;
    });
    await before;
    return end;
  }
}

export class Sending {
  readonly #turns: Turns;
  readonly #file: File;
  readonly #key: string;
  readonly #memory: Memory;
  readonly #csrf: () => string;
  readonly #words: Words;
  readonly #tell: (news: News) => void;
  #wishes: readonly (readonly [string, string])[];
  #place: Place | null;
  #offset: number | null = null;
  #paused = false;
  #cancelled = false;
  #abort: (() => void) | null = null;
  #wake: (() => void) | null = null;

  constructor(
    file: File, key: string, wishes: readonly (readonly [string, string])[], memory: Memory, csrf: () => string,
    words: Words, turns: Turns, tell: (news: News) => void,
  ) {
    this.#turns = turns;
    this.#file = file;
    this.#key = key;
    this.#wishes = wishes;
    this.#memory = memory;
    this.#csrf = csrf;
    this.#words = words;
    this.#tell = tell;
    this.#place = memory.of(key);
    if (this.#place) this.#wishes = this.#place.wishes;
  }

  get paused(): boolean {
    return this.#paused;
  }

  pause(): void {
    this.#paused = true;
    this.#abort?.();
    this.#wake?.();
  }

  resume(): void {
    this.#paused = false;
    this.#wake?.();
  }

  /** Give up: what was sent is removed, too. */
  cancel(): void {
    this.#cancelled = true;
    this.#abort?.();
    this.#wake?.();
  }

  /** Send it, however long that takes; answers the page of the call. */
  async run(): Promise<string> {
    let failures = 0, conflicts = 0;
    for (;;) {
      await this.#unpaused();
      const end = await this.#turns.take();
      try {
        if (this.#paused || this.#cancelled) throw new Interrupted();
        const path = await this.#attempt(() => {
          failures = 0;
        });
        this.#memory.forget(this.#key);
        return path;
      } catch (error) {
        end();
        this.#offset = null;
        if (this.#cancelled) await this.#giveUp();
        if (error instanceof Moved && conflicts < MOST_CONFLICTS) conflicts += 1;
        else if (!(error instanceof Interrupted)) throw error;
        else if (!this.#paused) {
          failures += 1;
          this.#tell({ kind: "waits" });
          await this.#sleep(backoff(failures, Math.random()));
        }
      } finally {
        end();
      }
    }
  }

  async #attempt(went: () => void): Promise<string> {
    this.#place ??= await this.#begin();
    if (this.#offset === null) await this.#look(this.#place);
    while (this.#offset !== null && this.#offset < this.#file.size) {
      await this.#send(this.#place, this.#offset);
      went();
    }
    this.#tell({ kind: "kept" });
    return await this.#end(this.#place);
  }

  async #begin(): Promise<Place> {
    const { name, size, type } = this.#file;
    const told = await this.#post("/calls/uploads", [["name", name], ["size", String(size)], ["type", type]]);
    if (!told.id || !told.address || !told.until) throw new Refused(this.#words.refused(201));
    const place = { id: told.id, address: told.address, until: told.until, wishes: this.#wishes };
    this.#memory.keep(this.#key, place);
    this.#offset = 0;
    return place;
  }

  /** Ask how far it is. An upload that takes nothing any more became a call already, or is begun anew. */
  async #look(place: Place): Promise<void> {
    const answer = await this.#ask(place.address, { method: "HEAD" });
    if (answer.status === 204) {
      this.#offset = Number(answer.headers.get("Upload-Offset"));
      this.#tell({ kind: "sent", share: this.#offset / this.#file.size });
    } else if (answer.status === 409) this.#offset = this.#file.size;
    else this.#anew();
  }

  #anew(): never {
    this.#memory.forget(this.#key);
    this.#place = null;
    throw new Moved();
  }

  /** XMLHttpRequest, because only that tells how much has left. */
  #send(place: Place, offset: number): Promise<void> {
    const end = Math.min(offset + PIECE, this.#file.size), size = this.#file.size;
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      let silence: ReturnType<typeof setTimeout> | undefined;
      const alive = (): void => {
        clearTimeout(silence);
        silence = setTimeout(() => request.abort(), SILENCE);
      };
      request.open("PATCH", place.address);
      request.setRequestHeader("Content-Type", "application/partial-upload");
      request.setRequestHeader("Upload-Offset", String(offset));
      request.setRequestHeader("Upload-Complete", end === size ? "?1" : "?0");
      request.upload.addEventListener("progress", (event) => {
        alive();
        this.#tell({ kind: "sent", share: (offset + event.loaded) / size });
      });
      request.addEventListener("load", () => {
        const error = this.#errorOf(request.status, parsed(request.responseText));
        if (error) return reject(error);
        this.#offset = Number(request.getResponseHeader("Upload-Offset") ?? end);
        resolve();
      });
      for (const end of ["error", "abort"]) request.addEventListener(end, () => reject(new Interrupted()));
      request.addEventListener("loadend", () => {
        clearTimeout(silence);
        this.#abort = null;
      });
      this.#abort = (): void => request.abort();
      alive();
      request.send(this.#file.slice(offset, end));
    });
  }

  #errorOf(status: number, told: Told): Error | null {
    if (status === 204) return null;
    if (passes(status)) return new Interrupted();
    // A line that died unnoticed may have brought more, or less, than was thought; so may have another window.
    if (told.code === "upload_offset_mismatch" || told.code === "upload_incomplete") return new Moved();
    return new Refused(told.detail ?? this.#words.refused(status));
  }

  async #end(place: Place): Promise<string> {
    const told = await this.#post(`/calls/uploads/${place.id}/call`, []);
    if (!told.path) throw new Refused(this.#words.refused(201));
    return told.path;
  }

  async #giveUp(): Promise<never> {
    this.#memory.forget(this.#key);
    if (this.#place) await fetch(this.#place.address, { method: "DELETE" }).catch(() => undefined);
    throw new Cancelled();
  }

  async #post(path: string, more: readonly (readonly [string, string])[]): Promise<Told> {
    const fields = [...this.#wishes, ...more, ["csrf", this.#csrf()] as const].map((one) => [...one]);
    const body = new URLSearchParams(fields);
    const answer = await this.#ask(path, { method: "POST", body, headers: { Accept: "application/json" } });
    if (new URL(answer.url).pathname === "/login") throw new Refused(this.#words.signedOut);
    const told = parsed(await answer.text());
    if (answer.status === 201) return told;
    if (told.code === "upload_incomplete") throw new Moved();
    if (["upload_expired", "not_found", "upload_used"].includes(told.code ?? "") && this.#place) this.#anew();
    throw new Refused(told.detail ?? this.#words.refused(answer.status));
  }

  async #ask(path: string, options: RequestInit): Promise<Response> {
    const stop = new AbortController();
    this.#abort = (): void => stop.abort();
    const late = setTimeout(() => stop.abort(), ANSWER);
    try {
      const answer = await fetch(path, { ...options, signal: stop.signal });
      if (passes(answer.status)) throw new Interrupted();
      return answer;
    } catch (error) {
      throw error instanceof Interrupted ? error : new Interrupted();
    } finally {
      clearTimeout(late);
      this.#abort = null;
    }
  }

  async #unpaused(): Promise<void> {
    if (this.#paused && !this.#cancelled) this.#tell({ kind: "paused" });
    while (this.#paused && !this.#cancelled) await this.#sleep(ANSWER);
    if (this.#cancelled) await this.#giveUp();
  }

  /** Until the time is over, the person says something, or the network is back. */
  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        removeEventListener("online", done);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      addEventListener("online", done);
      this.#wake = done;
    });
  }
}

/** Whether a fault is one of the moment. */
function passes(status: number): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500;
}

function parsed(text: string): Told {
  try {
    return JSON.parse(text) as Told;
  } catch {
    return {};
  }
}
