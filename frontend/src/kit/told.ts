// What the server says anew is put in place; what it says as before stays, with all that came of it.
//
// The page that is shown is not compared with the new one: what the server said last is. So a chosen line, an
// opened part, words that are selected or written, a recording that plays, whatever scripts and people made of
// the page, is nobody's difference and is left alone.

import { pairs } from "./pairs.ts";

/** Two lists longer than this are not matched one by one: it would take longer than drawing them anew. */
const MOST_MATCHED = 4_000_000;

export class Told {
  /** What the server said last, in a document of its own: nothing of it is loaded or comes to life. */
  readonly #said: Element;
  readonly #shown = new WeakMap<Node, Node>();
  /** Where it is shown. */
  readonly region: Element;

  /** `region` shows what the server said; scripts may have put something in, but taken nothing away. */
  constructor(region: Element) {
    this.region = region;
    this.#said = document.implementation.createHTMLDocument("").importNode(region, true);
    this.#pair(this.#said, region);
  }

  /** Show what the server says now; false where it says the same as before. */
  put(fresh: Element): boolean {
    if (this.#said.isEqualNode(fresh)) return false;
    const line = lineage(document.activeElement, this.region);
    this.#patch(this.#said, fresh);
    giveBack(line);
    return true;
  }

  #pair(said: Node, shown: Node): void {
    this.#shown.set(said, shown);
    let other = shown.firstChild;
    for (let one = said.firstChild; one && other; one = one.nextSibling) {
      this.#pair(one, other);
      other = other.nextSibling;
    }
  }

  #patch(said: Element, fresh: Element): void {
    const shown = this.#shown.get(said);
    if (!(shown instanceof Element) || said.isEqualNode(fresh) || isKept(said, fresh)) return;
    for (const name of new Set([...said.getAttributeNames(), ...fresh.getAttributeNames()])) {
      const value = fresh.getAttribute(name);
      if (value === said.getAttribute(name)) continue;
      for (const one of [said, shown]) {
        if (value === null) one.removeAttribute(name);
        else one.setAttribute(name, value);
      }
    }
    this.#patchChildren(said, shown, fresh);
  }

  #patchChildren(said: Element, shown: Element, fresh: Element): void {
    const before = [...said.childNodes], now = [...fresh.childNodes];
    const [start, end] = unchanged(before, now);
    const old = before.slice(start, before.length - end), changed = now.slice(start, now.length - end);
    const places = old.length * changed.length > MOST_MATCHED ? [] : pairs(old.map(nameOf), changed.map(nameOf));
    const kept = new Set(places);
    for (const [at, one] of old.entries()) {
      if (!kept.has(at)) this.#remove(one);
    }
    let next = before[before.length - end] ?? null;
    for (let at = changed.length - 1; at >= 0; at -= 1) {
      const one = changed[at] as ChildNode;
      const place = old[places[at] ?? -1];
      if (place) this.#put(place, one);
      else this.#insert(one, said, shown, next);
      next = place ?? one;
    }
  }

  /** Of a pair: the same kind of thing with the same name. */
  #put(said: ChildNode, fresh: ChildNode): void {
    if (said instanceof Element && fresh instanceof Element) this.#patch(said, fresh);
    else if (said.nodeValue !== fresh.nodeValue) {
      for (const one of [said, this.#shown.get(said)]) if (one) one.nodeValue = fresh.nodeValue;
    }
  }

  #insert(fresh: ChildNode, said: Element, shown: Element, next: ChildNode | null): void {
    const last = next ? next.previousSibling : said.lastChild;
    const made = document.importNode(fresh, true);
    said.insertBefore(fresh, next);
    this.#pair(fresh, made);
    shown.insertBefore(made, this.#inside(next, shown) ?? this.#inside(last, shown)?.nextSibling ?? null);
  }

  /** What shows a thing, as long as it is where the server put it. */
  #inside(said: Node | null, parent: Element): Node | null {
    const found = said && this.#shown.get(said);
    return found?.parentNode === parent ? found : null;
  }

  #remove(said: ChildNode): void {
    (this.#shown.get(said) as ChildNode | undefined)?.remove();
    said.remove();
  }
}

/** What plays or was drawn is left as it is, as long as the page has such a thing. */
function isKept(said: Element, fresh: Element): boolean {
  const kept = said.getAttribute("data-keep");
  return kept !== null && kept === fresh.getAttribute("data-keep");
}

/** How many of two lists are the same at the beginning, and at the end. */
function unchanged(before: readonly Node[], now: readonly Node[]): [number, number] {
  const most = Math.min(before.length, now.length);
  let start = 0, end = 0;
  while (start < most && before[start]?.isEqualNode(now[start] ?? null)) start += 1;
  while (end < most - start && before.at(-1 - end)?.isEqualNode(now.at(-1 - end) ?? null)) end += 1;
  return [start, end];
}

function nameOf(node: Node): string {
  return node instanceof Element ? `${node.localName}#${node.id}` : node.nodeName;
}

/** Where the keyboard is, and everything around that up to the region. */
function lineage(active: Element | null, region: Element): HTMLElement[] {
  const found: HTMLElement[] = [];
  if (!active || active === region || !region.contains(active)) return found;
  for (let one: Element | null = active; one; one = one.parentElement) if (one instanceof HTMLElement) found.push(one);
  return found;
}

/** Whoever was at something that is gone goes on beside it, not at the beginning of the page. */
function giveBack(line: readonly HTMLElement[]): void {
  const [active] = line;
  if (!active || active.isConnected) return;
  const around = line.find((one) => one.isConnected);
  if (!around) return;
  if (around.tabIndex < 0) around.tabIndex = -1;
  around.focus({ preventScroll: true });
}
