// The transcript: it follows what is heard, and lines can be stepped through.

import { all, calm, target } from "../kit/dom.ts";
import { lineAt, within } from "./lines.ts";

/** A line of the transcript, with when it is said. */
export interface Line {
  readonly element: HTMLElement;
  readonly start: number;
}

const MARGIN = 24;

export class Transcript {
  /** In order of their start. */
  readonly lines: readonly Line[];
  readonly box: HTMLElement | null;
  #current = -1;

  constructor(root: HTMLElement, box: HTMLElement | null) {
    this.box = box;
    this.lines = all(".line", root).map((element) => ({ element, start: Number(element.dataset.start) }));
    this.#current = this.lines.findIndex((one) => one.element.hasAttribute("aria-current"));
  }

  /** Mark the line that is heard, and bring it into sight. */
  follow(seconds: number): void {
    const at = lineAt(this.lines, seconds);
    if (at === this.#current) return;
    this.lines[this.#current]?.element.removeAttribute("aria-current");
    this.#current = at;
    const line = this.lines[at];
    if (!line) return;
    line.element.setAttribute("aria-current", "true");
    this.reveal(line.element);
  }

  /** The line some steps away from the one that is heard. */
  beside(by: number): Line | undefined {
    return this.lines[within(this.#current + by, this.lines.length)];
  }

  /** The second that a click on a line means: none where words are being selected, or the click is another's. */
  clicked(event: Event): number | undefined {
    const inside = target(event);
    const line = inside?.closest<HTMLElement>(".line");
    if (!inside || !line || inside.closest("[data-own]")) return undefined;
    if (!inside.closest("a") && String(getSelection())) return undefined;
    return Number(line.dataset.start);
  }

  /** Bring a line into the box, and leave the page where it is. */
  reveal(element: HTMLElement | null): void {
    if (!this.box || !element) return;
    const frame = this.box.getBoundingClientRect(), place = element.getBoundingClientRect();
    if (place.top >= frame.top + MARGIN && place.bottom <= frame.bottom - MARGIN) return;
    const far = Math.abs(place.top - frame.top) > 2 * frame.height;
    const top = place.top - frame.top - frame.height / 3;
    this.box.scrollBy({ top, behavior: calm() || far ? "instant" : "smooth" });
  }
}
