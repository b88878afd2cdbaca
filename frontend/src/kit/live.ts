// What is under way follows by itself, without moving anything else on the page.
//
// Where the region names a stream (`data-events`), the server tells what changes; numbers are put in place, and
// the region is fetched anew when its words change. While there is no stream, the page is looked at again.

import { all, first, parsed } from "./dom.ts";
import { backoff, type Progress, progressOf, stateOf, withPercent } from "./progress.ts";

const PAUSE = 1500;
const CALM = 4000;
const SLOWER = 15_000;
const LOOKS_BEFORE_SLOWER = 200;
const HIDDEN_FOR_LONG = 30_000;

/** The event that tells other scripts that a part of the page was replaced. */
export const FRESH = "calltrace:fresh";

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
    addEventListener("pagehide", () => this.#close());
    const again = async (): Promise<void> => {
      await this.#look();
      setTimeout(() => void again(), this.#pause());
    };
    this.#connect();
    setTimeout(() => void again(), this.#pause());
  }

  /** Fetch what is pending, if that is due and nobody is at it. */
  async #look(): Promise<void> {
    const region = pending();
    this.#connect();
    if (!region || document.hidden || this.#looking || busy(region)) return;
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
    const wanted = document.hidden ? this.#stream?.url : address(pending());
    if (this.#stream && this.#stream.url !== wanted) this.#close();
    if (this.#stream || !wanted || Date.now() < this.#notBefore) return;
    const stream = new EventSource(wanted);
    this.#stream = stream;
    stream.addEventListener("open", () => {
      this.#failures = 0;
    });
    stream.addEventListener("error", () => this.#onLost(stream));
    stream.addEventListener("progress", (event) => this.#onProgress(progressOf(event.data)));
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

/** Put what the page would say now in the place of what it says; false where that did not work. */
async function refresh(region: HTMLElement): Promise<boolean> {
  try {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (answer.redirected && new URL(answer.url).pathname === "/login") location.reload();
    const page = await parsed(answer);
    const fresh = answer.ok ? first("[data-live]", page) : null;
    if (!fresh || busy(region)) return false;
    if (fresh.innerHTML === region.innerHTML && fresh.dataset.live === region.dataset.live) return true;
    keep(region, fresh);
    region.replaceWith(fresh);
    document.dispatchEvent(new Event(FRESH));
    return true;
  } catch {
    return false; // away for a moment: the next look may work
  }
}

/** What was played so far, and how far a list was read, stays as it is. */
function keep(region: HTMLElement, fresh: HTMLElement): void {
  for (const old of all("[data-keep]", region)) {
    first(`[data-keep="${old.dataset.keep}"]`, fresh)?.replaceWith(old);
  }
  const read = first("[data-turns]", region)?.scrollTop;
  const again = first("[data-turns]", fresh);
  if (read && again) {
    requestAnimationFrame(() => {
      again.scrollTop = read;
    });
  }
}

/** Whether somebody is at it: what is listened to or was written in is not taken away. */
function busy(region: HTMLElement): boolean {
  const audio = first<HTMLAudioElement>("audio", region);
  const written = all<HTMLTextAreaElement>("textarea", region).some((one) => one.value !== one.defaultValue);
  return written || region.contains(document.activeElement) || (audio !== null && !audio.paused);
}
