// What the keys do, over the page.

import { first } from "../kit/dom.ts";

export class Help {
  readonly #dialog: HTMLDialogElement | null;

  constructor(root: HTMLElement, signal: AbortSignal) {
    this.#dialog = first<HTMLDialogElement>("[data-keys]", root);
    const button = first("[data-keys-open]", root);
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", () => this.open(), { signal });
    this.#dialog?.addEventListener("click", (event) => this.#onClick(event), { signal });
  }

  open(): void {
    if (this.#dialog && !this.#dialog.open) this.#dialog.showModal();
  }

  /** The key that opened it closes it, too. The next key is the page's at once: a browser lets go of a button that
   * went away only when it draws again. */
  close(): void {
    this.#dialog?.close();
    const left = document.activeElement;
    if (left instanceof HTMLElement && this.#dialog?.contains(left)) left.blur();
  }

  get isOpen(): boolean {
    return this.#dialog?.open ?? false;
  }

  /** Beside the list closes it. */
  #onClick(event: Event): void {
    if (event.target === this.#dialog) this.close();
  }
}
