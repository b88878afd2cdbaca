// Rows that are ticked: how many are, and all of them at once. What may be done with them shows by itself (CSS).

import { all, first } from "./dom.ts";
import { FRESH } from "./live.ts";

/** Offer one tick for all rows, and say how many are ticked. */
export function countTicks(): void {
  const bar = first("[data-ticked]");
  if (!bar) return;
  document.addEventListener("change", (event) => {
    const box = event.target instanceof HTMLInputElement ? event.target : null;
    if (box?.matches("[data-tick-all]")) for (const one of ticks()) one.checked = box.checked;
    tell(bar);
  });
  document.addEventListener(FRESH, () => tell(bar));
  addEventListener("pageshow", () => tell(bar));
  tell(bar);
}

function tell(bar: HTMLElement): void {
  const among = ticks(), count = among.filter((one) => one.checked).length;
  bar.textContent = count ? (bar.dataset.ticked ?? "").replace("{}", String(count)) : "";
  const whole = first<HTMLInputElement>("[data-tick-all]");
  if (!whole) return;
  whole.hidden = false;
  whole.checked = count > 0 && count === among.length;
  whole.indeterminate = count > 0 && count < among.length;
}

function ticks(): HTMLInputElement[] {
  return all<HTMLInputElement>("input[data-tick]");
}
