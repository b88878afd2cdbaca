// What a page says first: mistakes are led to, and "done" is said once.

import { first } from "./dom.ts";

/** What was wrong with a form is read out first and leads to the field. */
export function leadToMistakes(): void {
  first("[data-mistakes]")?.focus();
}

/** "Done" is said once: a reload does not say it again. */
export function forgetDone(): void {
  if (!first("[data-done]")) return;
  const here = new URL(location.href);
  here.searchParams.delete("done");
  history.replaceState(null, "", here);
}

/** Choosing a last day means that the key has one. */
export function tieDateToChoice(): void {
  const date = first<HTMLInputElement>("#expiresAt");
  const choice = first<HTMLInputElement>("#lifetime-date");
  if (!date || !choice) return;
  date.addEventListener("input", () => {
    if (date.value) choice.checked = true;
  });
}
