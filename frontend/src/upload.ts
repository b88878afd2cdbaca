// Recordings are sent one after the other, each with its progress; without this the form sends them itself.
//
// What breaks off goes on by itself (`upload/sending.ts`), and after the page was left once the file is chosen again.

import { first } from "./kit/dom.ts";
import { ASK } from "./kit/live.ts";
import { t } from "./kit/words.ts";
import { fingerprint, Memory, type Remembered } from "./upload/memory.ts";
import { Cancelled, type News, Sending, Turns } from "./upload/sending.ts";

const WORDS = {
  signedOut: t("You are signed out. Sign in again, then choose the file once more: it goes on where it stopped."),
  refused: (status: number) => t("It was refused (%(status)s).", { status }),
};
const SAID = { sent: "", kept: t("being kept"), waits: t("paused, goes on by itself"), paused: t("paused") };

/** The parts of the form that change while files travel. */
interface Parts {
  form: HTMLFormElement;
  input: HTMLInputElement;
  list: HTMLElement;
}

function partsOf(form: HTMLFormElement): Parts | null {
  const input = first<HTMLInputElement>('input[type="file"]', form);
  const list = first("[data-uploads]", form);
  return input && list ? { form, input, list } : null;
}

class Uploads {
  readonly #parts: Parts;
  readonly #memory: Memory;
  readonly #stopped = new Map<string, Row>();
  readonly #running = new Set<string>();
  readonly #turns = new Turns();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#memory = new Memory(parts.form.dataset.owner ?? "");
    parts.form.addEventListener("submit", (event) => this.#take(event));
    takeDrops(parts.form, parts.input);
    for (const one of this.#memory.all()) void this.#recall(one);
  }

  #take(event: Event): void {
    event.preventDefault();
    const { form, input } = this.#parts;
    const wishes = [...new FormData(form)].flatMap(([name, value]) =>
      typeof value === "string" && name !== "csrf" ? [[name, value] as const] : [],
    );
    for (const file of input.files ?? []) this.#add(file, wishes);
    input.value = "";
  }

  #add(file: File, wishes: readonly (readonly [string, string])[]): void {
    const key = fingerprint(file, Object.fromEntries(wishes).mode ?? "");
    if (this.#running.has(key)) return;
    this.#running.add(key);
    this.#stopped.get(key)?.remove();
    const row = this.#row(file.name), most = Number(this.#parts.form.dataset.maxBytes);
    if (file.size > most) {
      this.#running.delete(key);
      row.failed(t("This file is too large: at most %(most)s MB.", { most: Math.round(most / 1_048_576) }));
      return;
    }
    const csrf = (): string => first<HTMLInputElement>('input[name="csrf"]', this.#parts.form)?.value ?? "";
    const sending = new Sending(file, key, wishes, this.#memory, csrf, WORDS, this.#turns, (news) => row.tell(news));
    row.control(sending);
    void settle(sending, row).then(() => {
      this.#running.delete(key);
      look();
    });
  }

  #row(name: string): Row {
    this.#parts.list.hidden = false;
    return new Row(this.#parts.list, name, this.#parts.input);
  }

  /** Tell of one that stopped when the page was left: how far it is knows the server alone. */
  async #recall({ key, name, place }: Remembered): Promise<void> {
    const answer = await fetch(place.address, { method: "HEAD" }).catch(() => null);
    if (answer && answer.status >= 400 && answer.status < 500) this.#memory.forget(key);
    const size = Number((JSON.parse(key) as unknown[])[1]);
    if (answer?.status !== 204 || this.#running.has(key)) return;
    const row = this.#row(name);
    this.#stopped.set(key, row);
    row.stopped(Number(answer.headers.get("Upload-Offset")) / size, () => {
      this.#memory.forget(key);
      void fetch(place.address, { method: "DELETE" }).catch(() => undefined);
    });
  }
}

async function settle(sending: Sending, row: Row): Promise<void> {
  try {
    row.done(await sending.run());
  } catch (error) {
    if (error instanceof Cancelled) row.remove();
    else row.failed((error instanceof Error && error.message) || t("It did not work. Choose the file once more."));
  }
}

/** One file in the list: its name, how far it is, what came of it, and what may be done about it. */
class Row {
  readonly #element = document.createElement("li");
  readonly #bar = document.createElement("progress");
  readonly #share = part("span", "upload-share", "");
  readonly #said = part("span", "upload-said", t("waiting"));
  readonly #acts = part("span", "upload-acts", "");
  readonly #name: string;
  readonly #after: HTMLElement;

  constructor(list: HTMLElement, name: string, after: HTMLElement) {
    this.#name = name;
    this.#after = after;
    this.#bar.max = 1;
    this.#bar.value = 0;
    this.#bar.setAttribute("aria-label", t("Upload of %(name)s", { name }));
    this.#share.setAttribute("aria-hidden", "true"); // the bar says the same
    this.#said.setAttribute("role", "status");
    this.#element.append(part("span", "upload-name", name), this.#bar, this.#share, this.#said, this.#acts);
    list.append(this.#element);
  }

  control(sending: Sending): void {
    const toggle = this.#act(() => {
      if (sending.paused) sending.resume();
      else sending.pause();
      this.#label(toggle, sending.paused);
      this.#said.textContent = sending.paused ? SAID.paused : "";
    });
    this.#label(toggle, false);
    const cancel = this.#act(() => sending.cancel());
    entitle(cancel, t("Cancel"), t("Cancel %(name)s", { name: this.#name }));
  }

  stopped(share: number, forget: () => void): void {
    this.#bar.value = share;
    this.#said.textContent = t("stopped at %(share)s; choose the file again to go on", { share: percent(share) });
    const made = this.#act(() => {
      forget();
      this.remove();
    });
    entitle(made, t("Forget"), t("Forget %(name)s", { name: this.#name }));
  }

  tell(news: News): void {
    const said = SAID[news.kind];
    if (this.#said.textContent !== said) this.#said.textContent = said;
    if (news.kind !== "sent") return;
    this.#bar.value = news.share;
    this.#share.textContent = percent(news.share);
  }

  done(path: string): void {
    const link = part("a", "", t("taken in"));
    link.href = path;
    link.setAttribute("aria-label", t("%(name)s was taken in: open the call", { name: this.#name }));
    this.#end("done", link);
  }

  failed(why: string): void {
    this.#end("failed", why);
  }

  remove(): void {
    this.#giveBack();
    this.#element.remove();
  }

  #end(state: string, said: Node | string): void {
    this.#giveBack();
    this.#bar.remove();
    this.#share.remove();
    this.#acts.remove();
    this.#said.replaceChildren(said);
    this.#element.dataset.state = state;
  }

  /** Whoever was at a button of this row goes on beside it. */
  #giveBack(): void {
    if (!this.#acts.contains(document.activeElement)) return;
    const next = this.#element.nextElementSibling ?? this.#element.previousElementSibling;
    (first<HTMLElement>("button, a", next ?? document.createElement("i")) ?? this.#after).focus();
  }

  #act(act: () => void): HTMLButtonElement {
    const made = part("button", "quiet-button", "");
    made.type = "button";
    made.addEventListener("click", act);
    this.#acts.append(made);
    return made;
  }

  #label(toggle: HTMLButtonElement, paused: boolean): void {
    const name = this.#name;
    if (paused) entitle(toggle, t("Resume"), t("Resume %(name)s", { name }));
    else entitle(toggle, t("Pause"), t("Pause %(name)s", { name }));
  }
}

/** What stands on a button, and what it does for whoever hears it alone. */
function entitle(button: HTMLButtonElement, label: string, name: string): void {
  button.textContent = label;
  button.setAttribute("aria-label", name);
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}

function part<K extends keyof HTMLElementTagNameMap>(kind: K, name: string, text: string): HTMLElementTagNameMap[K] {
  const made = document.createElement(kind);
  if (name) made.className = name;
  made.textContent = text;
  return made;
}

/** Show what was taken in: from here on the list follows by itself. */
function look(): void {
  const region = first("[data-live]");
  if (!region) return;
  region.dataset.live = "pending";
  delete region.dataset.same; // what came in is what is waited for
  document.dispatchEvent(new Event(ASK));
}

function takeDrops(form: HTMLFormElement, input: HTMLInputElement): void {
  const zone = first("[data-drop]", form);
  const hint = first("[data-drop-hint]", form);
  if (!zone || !hint) return;
  hint.hidden = false;
  addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault(); // beside the zone a file would open in place of the page
    const panel = first<HTMLDetailsElement>("[data-upload-panel]");
    if (panel) panel.open = true;
    zone.dataset.over = "";
  });
  for (const end of ["dragleave", "drop"]) {
    addEventListener(end, () => {
      delete zone.dataset.over;
    });
  }
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    input.files = event.dataTransfer.files;
    input.focus();
  });
}

function carriesFiles(event: DragEvent): event is DragEvent & { dataTransfer: DataTransfer } {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

const form = first<HTMLFormElement>("[data-upload]");
const parts = form && partsOf(form);
if (parts) new Uploads(parts);
