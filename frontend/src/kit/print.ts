// A button that prints the page, where the browser can.

import { all } from "./dom.ts";

export function offerPrinting(): void {
  for (const button of all("[data-print]")) button.hidden = false;
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-print]")) print();
  });
}
