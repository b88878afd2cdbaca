// A call that is listened to: the transcript follows, lines and findings are heard, keys lead around.

import { Criteria } from "./call/criteria.ts";
import { endOf, Findings, startOf } from "./call/findings.ts";
import { Help } from "./call/help.ts";
import { type Keys, press } from "./call/keys.ts";
import { Player } from "./call/player.ts";
import { Search } from "./call/search.ts";
import { Transcript } from "./call/transcript.ts";
import { CallWaveform, SEEK, waveformOf } from "./call/waveform.ts";
import { all, first } from "./kit/dom.ts";
import { FRESH } from "./kit/live.ts";
import { t } from "./kit/words.ts";

const SKIP = 5;

class Call {
  readonly #root: HTMLElement;
  readonly #player: Player;
  readonly #transcript: Transcript;
  readonly #findings: Findings;
  readonly #criteria: Criteria;
  readonly #search: Search | null;
  readonly #waveform: CallWaveform | null;
  readonly #speed: HTMLElement | null;
  readonly #help: Help;
  readonly #closing = new AbortController();

  constructor(root: HTMLElement) {
    const signal = this.#closing.signal;
    this.#root = root;
    this.#speed = first("[data-speed]", root);
    this.#help = new Help(root, signal);
    this.#transcript = new Transcript(root, first("[data-turns]", root));
    this.#player = new Player(first("audio", root), (seconds) => this.#follow(seconds), signal);
    this.#criteria = new Criteria(root);
    this.#findings = new Findings(root, (quote) => this.#show(quote), signal);
    const field = first<HTMLInputElement>("#find", root);
    this.#search = field && new Search(root, field, this.#transcript, signal);
    this.#waveform = waveformOf(root);
    this.#listen(signal);
  }

  /** Let go of elements that another one takes over. */
  close(): void {
    this.#closing.abort();
  }

  #listen(signal: AbortSignal): void {
    const unplayable = first("[data-unplayable]", this.#root);
    const refuse = (): void => {
      if (unplayable) unplayable.hidden = false;
    };
    this.#player.audio?.addEventListener("error", refuse, { signal });
    this.#player.audio?.addEventListener("ratechange", () => this.#tellSpeed(), { signal });
    this.#transcript.box?.addEventListener("click", (event) => this.#onLine(event), { signal });
    document.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    if (!this.#waveform) return;
    this.#waveform.findings = this.#findings.all.map((one) => ({ kind: "finding", start: startOf(one), end: endOf(one) }));
    const seek = (event: Event): void => this.#player.play((event as CustomEvent<number>).detail);
    this.#waveform.addEventListener(SEEK, seek, { signal });
  }

  readonly #keys: Keys = {
    " ": () => this.#player.toggle(),
    ArrowLeft: () => this.#player.skip(-SKIP),
    ArrowRight: () => this.#player.skip(SKIP),
    ArrowUp: () => this.#step(-1),
    ArrowDown: () => this.#step(1),
    "<": () => this.#player.faster(-1),
    ">": () => this.#player.faster(1),
    n: () => this.#findings.next(),
    "/": () => this.#search?.focus(),
    j: () => this.#criteria.step(1),
    k: () => this.#criteria.step(-1),
    c: () => this.#criteria.confirm(),
    o: () => this.#criteria.override(),
    "?": () => this.#help.open(),
  };

  #onKey(event: KeyboardEvent): void {
    if (!this.#help.isOpen) press(event, this.#keys);
    else if (event.key === "?") this.#help.close();
  }

  #follow(seconds: number): void {
    this.#waveform?.at(seconds);
    this.#transcript.follow(seconds);
  }

  /** The speed is told where it is not the usual one. */
  #tellSpeed(): void {
    const rate = this.#player.audio?.playbackRate ?? 1;
    if (this.#speed) this.#speed.textContent = rate === 1 ? "" : t("Speed %(rate)s", { rate });
  }

  #step(by: number): void {
    const line = this.#transcript.beside(by);
    if (line) this.#player.play(line.start);
  }

  #show(quote: HTMLAnchorElement): void {
    this.#criteria.choose(quote.closest<HTMLElement>("[data-criterion]"));
    this.#waveform?.choose(startOf(quote), endOf(quote));
    this.#player.play(startOf(quote), endOf(quote));
    const line = document.getElementById(quote.hash.slice(1));
    this.#transcript.reveal(line);
    // What cannot be heard is only read: on a small screen its box is above, out of sight.
    if (!this.#player.audio) line?.scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  #onLine(event: Event): void {
    const start = this.#transcript.clicked(event);
    if (start === undefined) return;
    event.preventDefault();
    this.#player.play(start);
  }
}

/** What is open: nothing while there is no recording or transcript. */
let call: Call | null = null;
let parts: readonly (readonly [HTMLElement, string | undefined])[] = [];

/** Take up what the page shows; as long as it shows the same, whoever is at it is not disturbed. */
function begin(): void {
  const root = document.getElementById("call");
  const now = root ? partsOf(root) : [];
  if (call && now.length === parts.length && now.every(([one, of], at) => parts[at]?.[0] === one && parts[at][1] === of)) return;
  parts = now;
  call?.close();
  call = root && first("audio, .line", root) ? new Call(root) : null;
}

/** Everything that a call holds on to, and the moment that it means. */
function partsOf(root: HTMLElement): (readonly [HTMLElement, string | undefined])[] {
  return all("audio, call-waveform, #find, [data-keys], .line, [data-seek], [data-criterion]", root).map((one) => [
    one,
    one.dataset.seek ?? one.dataset.start,
  ]);
}

customElements.define("call-waveform", CallWaveform);
begin();
document.addEventListener(FRESH, begin);
