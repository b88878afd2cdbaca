// Words are searched for in the transcript: lines are counted, stepped through, and their words coloured.

import { all, first } from "../kit/dom.ts";
import { literally } from "../kit/text.ts";
import { t } from "../kit/words.ts";
import type { Line, Transcript } from "./transcript.ts";

const HIGHLIGHT = "found";

export class Search {
  readonly #root: HTMLElement;
  readonly #field: HTMLInputElement;
  readonly #transcript: Transcript;
  #hits: Line[] = [];
  #hit = 0;

  constructor(root: HTMLElement, field: HTMLInputElement, transcript: Transcript, signal: AbortSignal) {
    this.#root = root;
    this.#field = field;
    this.#transcript = transcript;
    const place = first("[data-search]", root);
    if (place) place.hidden = false;
    field.addEventListener("input", () => this.#find(), { signal });
    field.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    const asked = new URLSearchParams(location.search).get("find");
    if (!asked || field.value) return;
    field.value = asked;
    this.#find();
  }

  focus(): void {
    this.#field.focus();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key === "Enter" && this.#hits.length) {
      event.preventDefault();
      this.#hit = (this.#hit + (event.shiftKey ? this.#hits.length - 1 : 1)) % this.#hits.length;
      this.#tell();
    } else if (event.key === "Escape") {
      this.#field.value = "";
      this.#find();
      this.#field.blur();
    }
  }

  #find(): void {
    const wanted = this.#field.value.trim().toLowerCase();
    this.#hits = wanted ? this.#transcript.lines.filter((line) => wordsOf(line).toLowerCase().includes(wanted)) : [];
    for (const line of all(".line[data-hit]", this.#root)) delete line.dataset.hit;
    for (const line of this.#hits) line.element.dataset.hit = "";
    mark(this.#hits, wanted);
    this.#hit = 0;
    this.#tell();
  }

  #tell(): void {
    const said = first("[data-hits]", this.#root);
    const wanted = this.#field.value.trim();
    const found = this.#hits.length ? t("%(hit)s of %(hits)s", { hit: this.#hit + 1, hits: this.#hits.length }) : t("not found");
    if (said) said.textContent = wanted ? found : "";
    for (const line of all('.line[data-hit="now"]', this.#root)) line.dataset.hit = "";
    const now = this.#hits[this.#hit];
    if (!now) return;
    now.element.dataset.hit = "now";
    this.#transcript.reveal(now.element);
  }
}

function wordsOf(line: Line): string {
  return first(".words", line.element)?.textContent ?? "";
}

/** Colour the words that were searched for, where the browser can. */
function mark(hits: readonly Line[], wanted: string): void {
  if (!("highlights" in CSS)) return;
  const found = new Highlight();
  // Found in the text itself: lower case can be longer (İ), and then places would not fit.
  const pattern = literally(wanted);
  for (const { element } of wanted ? hits : []) {
    const words = first(".words", element);
    if (words) for (const range of rangesIn(words, pattern)) found.add(range);
  }
  CSS.highlights.set(HIGHLIGHT, found);
}

function* rangesIn(element: HTMLElement, pattern: RegExp): Generator<Range> {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    for (const match of (text.textContent ?? "").matchAll(pattern)) {
      const range = new Range();
      range.setStart(text, match.index);
      range.setEnd(text, match.index + match[0].length);
      yield range;
    }
  }
}
