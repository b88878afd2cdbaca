// What is under way follows by itself, without moving anything else on the page.
//
// Where the region names a stream (`data-events`), the server tells what changes; numbers are put in place, and
// the region is fetched anew when its words change. While there is no stream, the page is looked at again. Of
// what was fetched, what differs from the last time is put in place (`told.ts`).

import { all, first, parsed, target } from "./dom.ts";
import { backoff, type Newer, newerOf, type Progress, progressOf, stateOf, withPercent } from "./progress.ts";
import { Told } from "./told.ts";

const PAUSE = 1500;
const CALM = 4000;
const SLOWER = 15_000;
const LOOKS_BEFORE_SLOWER = 200;
const HIDDEN_FOR_LONG = 30_000;

/** The event that tells other scripts that a part of the page says something else. */
export const FRESH = "calltrace:fresh";

/** The event by which another script asks for a look at once. */
export const ASK = "calltrace:ask";

/** What the region that is followed says; as the page begins, no script has made anything of it. */
let told: Told | null = null;

/** Follow whatever is under way on this page, now or later. */
export function follow(): void {
  new Live().begin();
}

class Live {
  #stream: EventSource | null = null;
  #failures = 0;
  #notBefore = 0;
  #stale = false;
  #looks = 0;
  #looking = false;
  #hidden: ReturnType<typeof setTimeout> | undefined;

  begin(): void {
    document.addEventListener("visibilitychange", () => this.#onVisibility());
    document.addEventListener("click", (event) => this.#onNewer(event));
    document.addEventListener(ASK, () => this.#onWords());
    addEventListener("pagehide", () => this.#close());
    const again = async (): Promise<void> => {
      await this.#look();
      setTimeout(() => void again(), this.#pause());
    };
    const region = pending();
    if (region) told = new Told(region);
    this.#connect();
    setTimeout(() => void again(), this.#pause());
  }

  /** Fetch what is pending, if that is due and nobody is at it. */
  async #look(): Promise<void> {
    const region = pending();
    this.#connect();
    if (!region || document.hidden || this.#looking || written(region)) return;
    if (this.#streaming && !this.#stale) return;
    this.#looking = true;
    this.#stale = false;
    this.#looks += this.#streaming ? 0 : 1;
    if (!(await refresh(region)) && this.#streaming) this.#stale = true; // what came meanwhile stays to be fetched
    this.#looking = false;
    this.#connect();
  }

  #pause(): number {
    if (this.#looks >= LOOKS_BEFORE_SLOWER) return SLOWER;
    return first("[data-live][data-calm]") ? CALM : PAUSE;
  }

  get #streaming(): boolean {
    return this.#stream?.readyState === EventSource.OPEN;
  }

  /** Have the stream that the page asks for now: none, the one that is open, or another one. */
  #connect(): void {
    const wanted = document.hidden ? this.#stream?.url : address(first("[data-live][data-events]"));
    if (this.#stream && this.#stream.url !== wanted) this.#close();
    if (this.#stream || !wanted || Date.now() < this.#notBefore) return;
    const stream = new EventSource(wanted);
    this.#stream = stream;
    stream.addEventListener("open", () => {
      this.#failures = 0;
    });
    stream.addEventListener("error", () => this.#onLost(stream));
    stream.addEventListener("progress", (event) => this.#onProgress(progressOf(event.data)));
    stream.addEventListener("newer", (event) => tellNewer(newerOf(event.data)));
    for (const end of ["completed", "failed", "erased"]) stream.addEventListener(end, () => this.#onWords());
  }

  #close(): void {
    this.#stream?.close();
    this.#stream = null;
  }

  /** Lost, refused, or ended by the server: the page is looked at until there is a stream again. */
  #onLost(stream: EventSource): void {
    if (stream !== this.#stream) return;
    this.#close();
    this.#failures += 1;
    this.#notBefore = Date.now() + backoff(this.#failures, Math.random());
  }

  #onProgress(now: Progress | null): void {
    if (!now || !put(now)) this.#onWords();
  }

  /** The words of the page are not true any more. */
  #onWords(): void {
    this.#stale = true;
    void this.#look();
  }

  /** New calls are shown when they are asked for, and the page stays where it is. */
  #onNewer(event: MouseEvent): void {
    const link = target(event)?.closest<HTMLElement>("[data-newer]");
    const region = link?.closest<HTMLElement>("[data-live]");
    if (!link || !region || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    tellNewer(null);
    delete region.dataset.same;
    void refresh(region).then((done) => {
      if (!done) location.reload();
      first("a[href]:not([hidden])", region)?.focus({ preventScroll: true });
      this.#connect();
    });
  }

  /** A page that nobody looks at for long holds no connection; whoever comes back sees what is true now. */
  #onVisibility(): void {
    clearTimeout(this.#hidden);
    if (document.hidden) {
      this.#hidden = setTimeout(() => this.#close(), HIDDEN_FOR_LONG);
    } else {
      this.#stale = true;
      this.#looks = 0;
      void this.#look();
    }
  }
}

function pending(): HTMLElement | null {
  return first('[data-live="pending"]');
}

/** The whole address of a region's stream. */
function address(region: HTMLElement | null): string | undefined {
  return region?.dataset.events ? new URL(region.dataset.events, location.href).href : undefined;
}

/** Say how many calls came in that are not shown yet, if any. */
function tellNewer(newer: Newer | null): void {
  const link = first("[data-newer]");
  if (!link) return;
  const { one, many, most } = link.dataset;
  const words = newer?.more ? most : newer?.count === 1 ? one : many;
  link.hidden = !newer?.count;
  link.textContent = newer?.count ? (words ?? "").replace("{}", String(newer.more ? newer.count - 1 : newer.count)) : "";
}

/** Put numbers in their places; false where the page has no place for them, or other words. */
function put(now: Progress): boolean {
  const places = all(`[data-progress="${CSS.escape(now.analysisId)}"]`);
  if (!places.length || places.some((one) => one.dataset.state !== stateOf(now))) return false;
  for (const place of places) {
    if (place instanceof HTMLProgressElement) place.value = now.percent;
    else putText(place, now.percent);
  }
  return true;
}

function putText(place: HTMLElement, percent: number): void {
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode as Text;
    const fresh = withPercent(text.data, percent);
    if (fresh !== text.data) text.data = fresh;
  }
}

/** Show what the page would say now; false where that did not work, or is not the time for it. */
async function refresh(region: HTMLElement): Promise<boolean> {
  try {
    told = told?.region === region ? told : new Told(region); // before a script makes anything of it
    // Only what is shown: what came in meanwhile would move it, and waits to be asked for.
    const answer = await fetch(region.dataset.same ?? location.href, { credentials: "same-origin" });
    if (answer.redirected && new URL(answer.url).pathname === "/login") location.reload();
    const page = await parsed(answer);
    const fresh = answer.ok ? first("[data-live]", page) : null;
    if (!fresh || written(region)) return false;
    const state = fresh.dataset.live;
    if (!region.dataset.same) tellNewer(null);
    const changed = told.put(fresh);
    if (state !== undefined) region.dataset.live = state; // also where another script had said that more will come
    if (changed) document.dispatchEvent(new Event(FRESH));
    return true;
  } catch {
    return false; // away for a moment: the next look may work
  }
}

/** Whether somebody is writing: what the words are about may not change under their hands. */
function written(region: HTMLElement): boolean {
  return all<HTMLTextAreaElement>("textarea", region).some((one) => one.value !== one.defaultValue);
}
