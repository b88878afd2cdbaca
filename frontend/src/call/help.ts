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

  /** The key that opened it closes it, too. */
  close(): void {
    this.#dialog?.close();
  }

  get isOpen(): boolean {
    return this.#dialog?.open ?? false;
  }

  /** Beside the list closes it. */
  #onClick(event: Event): void {
    if (event.target === this.#dialog) this.close();
  }
}
