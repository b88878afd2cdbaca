// A call that is listened to: the transcript follows, lines and findings are heard, keys lead around.

import { Criteria } from "./call/criteria.ts";
import { endOf, Findings, startOf } from "./call/findings.ts";
import { type Keys, press } from "./call/keys.ts";
import { Player } from "./call/player.ts";
import { Search } from "./call/search.ts";
import { Transcript } from "./call/transcript.ts";
import { first } from "./kit/dom.ts";
import { FRESH } from "./kit/watch.ts";

const SKIP = 5;

class Call {
  readonly #root: HTMLElement;
  readonly #player: Player;
  readonly #transcript: Transcript;
  readonly #findings: Findings;
  readonly #criteria: Criteria;
  readonly #search: Search | null;
  readonly #now: SVGLineElement | null;
  readonly #help: HTMLDetailsElement | null;
  readonly #closing = new AbortController();

  constructor(root: HTMLElement) {
    const signal = this.#closing.signal;
    this.#root = root;
    this.#now = first<SVGLineElement>("[data-now]", root);
    this.#help = first<HTMLDetailsElement>("[data-keys]", root);
    this.#transcript = new Transcript(root, first("[data-turns]", root));
    this.#player = new Player(first("audio", root), (seconds) => this.#follow(seconds), signal);
    this.#criteria = new Criteria(root);
    this.#findings = new Findings(root, (quote) => this.#show(quote), signal);
    const field = first<HTMLInputElement>("#find", root);
    this.#search = field && new Search(root, field, this.#transcript, signal);
    this.#listen(signal);
  }

  /** Let go of elements that another one takes over. */
  close(): void {
    this.#closing.abort();
  }

  #listen(signal: AbortSignal): void {
    if (this.#help) this.#help.hidden = false;
    const unplayable = first("[data-unplayable]", this.#root);
    const refuse = (): void => {
      if (unplayable) unplayable.hidden = false;
    };
    this.#player.audio?.addEventListener("error", refuse, { signal });
    const strip = first<SVGElement>("[data-strip]", this.#root);
    strip?.addEventListener("click", (event) => this.#onStrip(event, strip), { signal });
    this.#transcript.box?.addEventListener("click", (event) => this.#onLine(event), { signal });
    document.addEventListener("keydown", (event) => press(event, this.#keys), { signal });
  }

  readonly #keys: Keys = {
    " ": () => this.#player.toggle(),
    ArrowLeft: () => this.#player.skip(-SKIP),
    ArrowRight: () => this.#player.skip(SKIP),
    ArrowUp: () => this.#step(-1),
    ArrowDown: () => this.#step(1),
    n: () => this.#findings.next(),
    "/": () => this.#search?.focus(),
    j: () => this.#criteria.step(1),
    k: () => this.#criteria.step(-1),
    c: () => this.#criteria.confirm(),
    o: () => this.#criteria.override(),
    "?": () => this.#toggleHelp(),
  };

  #follow(seconds: number): void {
    if (this.#now && this.#player.duration) {
      const x = String((1000 * seconds) / this.#player.duration);
      this.#now.setAttribute("x1", x);
      this.#now.setAttribute("x2", x);
    }
    this.#transcript.follow(seconds);
  }

  #step(by: number): void {
    const line = this.#transcript.beside(by);
    if (line) this.#player.play(line.start);
  }

  #show(quote: HTMLAnchorElement): void {
    this.#criteria.choose(quote.closest<HTMLElement>("[data-criterion]"));
    this.#player.play(startOf(quote), endOf(quote));
    this.#transcript.reveal(document.getElementById(quote.hash.slice(1)));
  }

  #onLine(event: Event): void {
    const start = this.#transcript.clicked(event);
    if (start === undefined) return;
    event.preventDefault();
    this.#player.play(start);
  }

  #onStrip(event: MouseEvent, strip: SVGElement): void {
    const box = strip.getBoundingClientRect();
    if (this.#player.duration) this.#player.play(((event.clientX - box.left) / box.width) * this.#player.duration);
  }

  #toggleHelp(): void {
    if (!this.#help) return;
    this.#help.open = !this.#help.open;
    if (this.#help.open) this.#help.scrollIntoView({ block: "nearest" });
  }
}

/** What is open: nothing while there is no recording or transcript. */
let call: Call | null = null;

function begin(): void {
  call?.close();
  const root = document.getElementById("call");
  call = root && first("audio, .line", root) ? new Call(root) : null;
}

begin();
document.addEventListener(FRESH, begin);
