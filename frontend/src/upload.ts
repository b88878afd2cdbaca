// Recordings are sent one after the other, each with its progress; without this the form sends them itself.

import { first } from "./kit/dom.ts";
import { ASK } from "./kit/live.ts";
import { t } from "./kit/words.ts";

const AWAY = t("The connection was lost. Try again.");
const SIGNED_OUT = t("You are signed out. Sign in again, then try once more.");

/** What the server answers to one recording. */
interface Told {
  paths?: string[];
  detail?: string;
}

/** The parts of the form that change while files travel. */
interface Parts {
  form: HTMLFormElement;
  input: HTMLInputElement;
  list: HTMLElement;
  button: HTMLButtonElement;
}

function partsOf(form: HTMLFormElement): Parts | null {
  const input = first<HTMLInputElement>('input[type="file"]', form);
  const list = first("[data-uploads]", form);
  const button = first<HTMLButtonElement>('button[type="submit"]', form);
  return input && list && button ? { form, input, list, button } : null;
}

function offer({ form, input, list, button }: Parts): void {
  let work: Promise<void> = Promise.resolve();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wishes = new FormData(form);
    wishes.delete("file");
    list.hidden = false;
    for (const file of input.files ?? []) {
      const row = new Row(list, file);
      work = work.then(() => send(form, wishes, file, row));
    }
    input.value = "";
    button.disabled = true;
    work = work.then(() => {
      button.disabled = false;
      look();
    });
  });
  takeDrops(form, input);
}

/** One file in the list: its name, how far it is, and what came of it. */
class Row {
  readonly element = document.createElement("li");
  readonly #bar = document.createElement("progress");
  readonly #said = part("span", "upload-said", t("waiting"));
  readonly #name: string;

  constructor(list: HTMLElement, file: File) {
    this.#name = file.name;
    this.#bar.max = 1;
    this.#bar.value = 0;
    this.#bar.setAttribute("aria-label", t("Upload of %(name)s", { name: file.name }));
    this.element.append(part("span", "upload-name", file.name), this.#bar, this.#said);
    list.append(this.element);
  }

  progress(share: number): void {
    this.#bar.value = share;
    this.#said.textContent = share < 1 ? `${Math.floor(share * 100)} %` : t("being kept");
  }

  done(path: string): void {
    const link = part("a", "", t("taken in"));
    link.href = path;
    link.setAttribute("aria-label", t("%(name)s was taken in: open the call", { name: this.#name }));
    this.#bar.remove();
    this.#said.replaceChildren(link);
    this.element.dataset.state = "done";
  }

  failed(why: string): void {
    this.#bar.remove();
    this.#said.textContent = why;
    this.element.dataset.state = "failed";
  }
}

function part<K extends keyof HTMLElementTagNameMap>(kind: K, name: string, text: string): HTMLElementTagNameMap[K] {
  const made = document.createElement(kind);
  if (name) made.className = name;
  made.textContent = text;
  return made;
}

/** Send one file; whatever comes of it is told in its row. */
function send(form: HTMLFormElement, wishes: FormData, file: File, row: Row): Promise<void> {
  const most = Number(form.dataset.maxBytes);
  if (file.size > most) {
    row.failed(t("This file is too large: at most %(most)s MB.", { most: Math.round(most / 1_048_576) }));
    return Promise.resolve();
  }
  const body = new FormData();
  for (const [name, value] of wishes) body.append(name, value);
  body.append("file", file);
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) row.progress(event.loaded / event.total);
    });
    request.addEventListener("load", () => tell(request, row));
    request.addEventListener("error", () => row.failed(AWAY));
    request.addEventListener("loadend", () => resolve());
    request.send(body);
  });
}

function tell(request: XMLHttpRequest, row: Row): void {
  const answer = request.response as Told | null;
  const path = answer?.paths?.[0];
  if (request.status === 201 && path) row.done(path);
  else if (new URL(request.responseURL).pathname === "/login") row.failed(SIGNED_OUT);
  else row.failed(answer?.detail ?? t("It was refused (%(status)s).", { status: request.status }));
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
if (parts) offer(parts);
