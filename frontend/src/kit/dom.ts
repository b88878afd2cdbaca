// Small helpers around the document that every script uses.

/** All elements that match, as a list. */
export function all<E extends HTMLElement = HTMLElement>(selector: string, root: ParentNode = document): E[] {
  return [...root.querySelectorAll<E>(selector)];
}

/** The first element that matches, if there is one. */
export function first<E extends Element = HTMLElement>(selector: string, root: ParentNode = document): E | null {
  return root.querySelector<E>(selector);
}

/** The page that an address answers with, to take parts out of it. */
export async function parsed(answer: Response): Promise<Document> {
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/** The element that an event happened in, as far as it is one. */
export function target(event: Event): Element | null {
  return event.target instanceof Element ? event.target : null;
}

/** Whether the reader asked for less movement. */
export function calm(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
