// <call-waveform>: who speaks when and how loud, a lane for each side; clicked or dragged through to be heard.
//
// Without a script, or where nothing was kept to draw, the strip of the server stays in its place.

import { first } from "../kit/dom.ts";
import { t } from "../kit/words.ts";
import { clock, decoded, type Drawing, gain, heights, spoken } from "./bars.ts";

/** Something of the call between two seconds: a mark of the server, or a finding. */
export interface Region {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

/** Told when somebody wants to hear the call from a second on. */
export const SEEK = "calltrace:seek";
const BAR = 2, GAP = 1, LEAST = 1.5, FINDING_ROOM = 7;

export class CallWaveform extends HTMLElement {
  #drawing: Drawing | null = null;
  #findings: readonly Region[] = [];
  #asked = false;
  #at = 0;
  #before = 0;
  readonly #canvas = document.createElement("canvas");
  readonly #now = layer("wave-now");
  readonly #found = layer("wave-found");
  readonly #pointer = layer("wave-pointer");
  readonly #sizes = new ResizeObserver(() => this.#draw());
  readonly #scheme = matchMedia("(prefers-color-scheme: dark)");
  readonly #redraw = (): void => this.#draw();

  constructor() {
    super();
    this.addEventListener("pointerdown", (event) => this.#onDown(event));
    this.addEventListener("pointermove", (event) => this.#onMove(event));
    this.addEventListener("pointerup", (event) => this.#onUp(event));
    this.addEventListener("pointercancel", () => this.#onCancel());
    this.addEventListener("keydown", (event) => this.#onKey(event));
  }

  connectedCallback(): void {
    this.#sizes.observe(this);
    this.#scheme.addEventListener("change", this.#redraw);
    if (this.#asked) return; // moved to another place of the page, as it is
    this.#asked = true;
    this.append(this.#found, this.#now, this.#pointer);
    this.tabIndex = 0;
    this.setAttribute("role", "slider");
    this.setAttribute("aria-valuemin", "0");
    this.setAttribute("aria-valuemax", String(Math.floor(this.seconds)));
    this.at(0);
    void this.#ask();
  }

  disconnectedCallback(): void {
    this.#sizes.disconnect();
    this.#scheme.removeEventListener("change", this.#redraw);
  }

  /** How long the call is. */
  get seconds(): number {
    return Number(this.dataset.seconds);
  }

  /** Where findings lie: each is marked at the edge. */
  set findings(findings: readonly Region[]) {
    this.#findings = findings;
    this.#draw();
  }

  /** Show where the playback is. */
  at(seconds: number): void {
    this.#at = seconds;
    this.#now.style.transform = `translateX(${this.#x(seconds)}px)`;
    const whole = String(Math.floor(seconds));
    if (this.getAttribute("aria-valuenow") === whole) return;
    this.setAttribute("aria-valuenow", whole);
    this.setAttribute("aria-valuetext", t("%(time)s of %(length)s", { time: clock(seconds), length: clock(this.seconds) }));
  }

  /** Show which part was chosen, such as a finding. */
  choose(start: number, end: number): void {
    const left = this.#x(start);
    this.#found.style.transform = `translateX(${left}px)`;
    this.#found.style.width = `${Math.max(this.#x(end) - left, 4)}px`;
    this.#found.dataset.start = String(start);
    this.#found.dataset.end = String(end);
  }

  async #ask(): Promise<void> {
    try {
      const answer = await fetch(this.dataset.source ?? "", { credentials: "same-origin" });
      const drawing = answer.ok ? ((await answer.json()) as Drawing) : null;
      if (!drawing?.lanes.length) return;
      this.#drawing = drawing;
    } catch {
      return; // away for a moment: the strip stays
    }
    this.#canvas.setAttribute("aria-hidden", "true");
    this.prepend(this.#canvas);
    this.dataset.drawn = "";
    this.#draw();
  }

  #x(seconds: number): number {
    return this.seconds ? (this.clientWidth * Math.min(seconds, this.seconds)) / this.seconds : 0;
  }

  #secondsAt(event: PointerEvent): number {
    const box = this.getBoundingClientRect();
    const share = (event.clientX - box.left - this.clientLeft) / this.clientWidth;
    return Math.min(Math.max(share, 0), 1) * this.seconds;
  }

  #seek(seconds: number): void {
    this.dispatchEvent(new CustomEvent(SEEK, { detail: seconds }));
  }

  #onDown(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.setPointerCapture(event.pointerId);
    this.dataset.held = "";
    this.#before = this.#at;
    this.at(this.#secondsAt(event));
  }

  #onMove(event: PointerEvent): void {
    const seconds = this.#secondsAt(event);
    this.#pointer.style.transform = `translateX(${this.#x(seconds)}px)`;
    this.#pointer.dataset.time = clock(seconds);
    this.#pointer.toggleAttribute("data-late", seconds > this.seconds / 2);
    if ("held" in this.dataset) this.at(seconds);
  }

  #onUp(event: PointerEvent): void {
    if (!("held" in this.dataset)) return;
    delete this.dataset.held;
    this.#seek(this.#secondsAt(event));
  }

  /** A drag that became scrolling, or was ended by the system, leads nowhere. */
  #onCancel(): void {
    if (!("held" in this.dataset)) return;
    delete this.dataset.held;
    this.at(this.#before);
  }

  /** The keys of a slider beside those of the page. */
  #onKey(event: KeyboardEvent): void {
    const to = { Home: 0, End: Math.max(0, this.seconds - 1) }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#seek(to);
  }

  #draw(): void {
    const { start, end } = this.#found.dataset;
    if (start !== undefined) this.choose(Number(start), Number(end));
    this.at(this.#at);
    if (this.#drawing && this.clientWidth) {
      const paper = new Paper(this, this.#canvas, this.seconds);
      for (const mark of JSON.parse(this.dataset.marks ?? "[]") as Region[]) paper.mark(mark);
      paper.lanes(this.#drawing);
      paper.findings(this.#findings);
    }
  }
}

/** A layer over the drawing, moved by itself: nothing is drawn anew while the recording plays. */
function layer(name: string): HTMLElement {
  const made = document.createElement("div");
  made.className = name;
  made.setAttribute("aria-hidden", "true");
  return made;
}

/** The canvas while it is drawn, in CSS pixels. */
class Paper {
  readonly #brush: CanvasRenderingContext2D | null;
  readonly #colours: CSSStyleDeclaration;
  readonly #width: number;
  readonly #height: number;
  readonly #seconds: number;

  constructor(element: HTMLElement, canvas: HTMLCanvasElement, seconds: number) {
    this.#width = element.clientWidth;
    this.#height = element.clientHeight;
    this.#seconds = seconds;
    this.#colours = getComputedStyle(element);
    canvas.width = Math.round(this.#width * devicePixelRatio);
    canvas.height = Math.round(this.#height * devicePixelRatio);
    this.#brush = canvas.getContext("2d");
    this.#brush?.scale(devicePixelRatio, devicePixelRatio);
  }

  /** Silence, hold, both at once, redacted: behind the lanes, over the whole height. */
  mark({ kind, start, end }: Region): void {
    const left = this.#x(start), width = Math.max(this.#x(end) - left, 0.5);
    this.#fill(`--wave-${kind}`, left, 0, width, this.#height);
  }

  lanes({ lanes, pointsPerSecond }: Drawing): void {
    const bars = Math.max(1, Math.floor(this.#width / (BAR + GAP)));
    const drawn = lanes.map((lane) => heights(decoded(lane.points), pointsPerSecond, this.#seconds, bars));
    const lift = gain(drawn);
    const room = (this.#height - FINDING_ROOM) / lanes.length;
    for (const [row, lane] of lanes.entries()) {
      const voice = spoken(lane.speech, this.#seconds, bars);
      const middle = FINDING_ROOM + room * (row + 0.5);
      for (const [bar, height] of (drawn[row] ?? []).entries()) {
        const tall = Math.max(height * lift * (room - 3), LEAST);
        const colour = voice[bar] ? `--${lane.role}` : "--wave-noise";
        this.#fill(colour, bar * (BAR + GAP), middle - tall / 2, BAR, tall);
      }
    }
  }

  /** A small wedge at the upper edge where something was found. */
  findings(findings: readonly Region[]): void {
    if (!this.#brush) return;
    this.#brush.fillStyle = this.#colours.getPropertyValue("--accent");
    for (const { start } of findings) {
      const x = Math.min(Math.max(this.#x(start), 4), this.#width - 4);
      this.#brush.beginPath();
      this.#brush.moveTo(x - 4, 0);
      this.#brush.lineTo(x + 4, 0);
      this.#brush.lineTo(x, FINDING_ROOM - 1);
      this.#brush.fill();
    }
  }

  #x(seconds: number): number {
    return (this.#width * seconds) / this.#seconds;
  }

  #fill(colour: string, left: number, top: number, width: number, height: number): void {
    if (!this.#brush) return;
    this.#brush.fillStyle = this.#colours.getPropertyValue(colour) || this.#colours.color;
    this.#brush.fillRect(left, top, width, height);
  }
}

/** The waveform of a page, if there is one. */
export function waveformOf(root: ParentNode): CallWaveform | null {
  return first<CallWaveform>("call-waveform", root);
}
