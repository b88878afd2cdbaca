// The criteria of the scorecard: one is chosen, and keys decide it.

import { all, first } from "../kit/dom.ts";
import { within } from "./lines.ts";

export class Criteria {
  /** In the order of the scorecard. */
  readonly #all: readonly HTMLElement[];
  #chosen: HTMLElement | undefined;

  constructor(root: HTMLElement) {
    this.#all = all("[data-criterion]", root);
    this.#chosen = this.#all.find((one) => one.hasAttribute("aria-current"));
    if (!this.#chosen) this.choose(this.#next(this.#all.findIndex((one) => `#${one.id}` === location.hash)));
  }

  choose(criterion: HTMLElement | null | undefined): void {
    if (!criterion) return;
    this.#chosen?.removeAttribute("aria-current");
    this.#chosen = criterion;
    criterion.setAttribute("aria-current", "true");
  }

  /** One criterion on or back; the first time the one that would be decided. */
  step(by: number): void {
    const from = this.#criterion;
    if (!from) return;
    const at = this.#all.indexOf(from) + (this.#chosen ? by : 0);
    this.choose(this.#all[within(at, this.#all.length)]);
    this.#chosen?.focus();
  }

  confirm(): void {
    first("[data-confirm]", this.#criterion ?? new DocumentFragment())?.click();
  }

  override(): void {
    const criterion = this.#criterion;
    const form = criterion && first<HTMLDetailsElement>("[data-override]", criterion);
    if (!form) return;
    this.choose(criterion);
    form.open = true;
    (first("input:checked", form) ?? first('input[type="radio"]', form))?.focus();
  }

  /** The criterion that keys decide: the chosen one, or the first that nobody has decided. */
  get #criterion(): HTMLElement | undefined {
    return this.#chosen ?? this.#all.find(isOpen) ?? this.#all[0];
  }

  /** The criterion at a place; when it is decided, the next one that is not: so a decision leads on. */
  #next(at: number): HTMLElement | undefined {
    if (at < 0) return undefined;
    return this.#all.slice(at).find(isOpen) ?? this.#all[at];
  }
}

function isOpen(criterion: HTMLElement): boolean {
  return !("decided" in criterion.dataset);
}
