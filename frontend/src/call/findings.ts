// Findings lead to their moment, one after the other.

import { all } from "../kit/dom.ts";

export class Findings {
  /** In order of their moment. */
  readonly all: readonly HTMLAnchorElement[];
  readonly #show: (quote: HTMLAnchorElement) => void;
  #current: HTMLAnchorElement | undefined;

  /** `show` is told which one was chosen. */
  constructor(root: HTMLElement, show: (quote: HTMLAnchorElement) => void, signal: AbortSignal) {
    this.#show = show;
    this.all = all<HTMLAnchorElement>("[data-seek]", root).sort((a, b) => startOf(a) - startOf(b));
    this.#current = this.all.find((one) => one.hasAttribute("aria-current"));
    for (const quote of this.all) {
      const react = (event: Event): void => {
        event.preventDefault();
        this.choose(quote);
      };
      quote.addEventListener("click", react, { signal });
    }
  }

  /** The one after the one that was chosen last; after the last the first. */
  next(): void {
    const here = this.#current ? this.all.indexOf(this.#current) : -1;
    const quote = this.all[(here + 1) % this.all.length];
    if (quote) this.choose(quote);
  }

  choose(quote: HTMLAnchorElement): void {
    this.#current?.removeAttribute("aria-current");
    this.#current = quote;
    quote.setAttribute("aria-current", "true");
    this.#show(quote);
  }
}

/** The second that a finding begins with. */
export function startOf(quote: HTMLElement): number {
  return Number(quote.dataset.seek);
}

/** The second that a finding ends with. */
export function endOf(quote: HTMLElement): number {
  return Number(quote.dataset.until);
}
