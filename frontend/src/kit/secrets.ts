// Secrets that are shown once: copied with a press, and gone when the page is left.

import { all, first } from "./dom.ts";
import { t } from "./words.ts";

/** Copy buttons appear only where they can work: the clipboard needs https or localhost. */
export function offerCopying(): void {
  if (!navigator.clipboard) return;
  for (const button of all<HTMLButtonElement>("button[data-copy]")) {
    const source = document.getElementById(button.dataset.copy ?? "");
    if (!source) continue;
    const said = first("[data-copied]", button.closest(".secret") ?? button);
    button.hidden = false;
    button.addEventListener("click", () => void copy(source, said));
  }
}

async function copy(source: HTMLElement, said: HTMLElement | null): Promise<void> {
  try {
    await navigator.clipboard.writeText(textOf(source));
    if (said) said.textContent = t("Copied.");
  } catch {
    source.focus();
    if (isField(source)) source.select();
    if (said) said.textContent = t("The browser did not allow it. The text is selected: copy it by keyboard.");
  }
}

function isField(source: HTMLElement): source is HTMLInputElement | HTMLTextAreaElement {
  return source instanceof HTMLInputElement || source instanceof HTMLTextAreaElement;
}

function textOf(source: HTMLElement): string {
  return isField(source) ? source.value : source.textContent;
}

/** A secret is gone from the page as soon as the page is left, also for the back button. */
export function forgetSecrets(): void {
  addEventListener("pagehide", () => {
    for (const secret of all<HTMLInputElement>("[data-secret]")) secret.value = "";
  });
}
