// What scripts add to the pages of scorecards; every one of them works without.

import { all, first, parsed } from "./kit/dom.ts";
import { lineRange } from "./kit/text.ts";

const MOST_BYTES = 262_144;

/** A file that is chosen is shown in the text field, where it can be read and mended before it is sent. */
function showFiles(): void {
  for (const input of all<HTMLInputElement>("input[type=file][data-into]")) {
    const text = document.getElementById(input.dataset.into ?? "");
    if (text instanceof HTMLTextAreaElement) input.addEventListener("change", () => void showFile(input, text));
  }
}

async function showFile(input: HTMLInputElement, text: HTMLTextAreaElement): Promise<void> {
  const file = input.files?.[0];
  if (!file || file.size > MOST_BYTES) return; // the server says what is wrong with a big one
  text.value = await file.text();
  input.value = "";
  text.focus();
}

/** A fault leads to its place in the text. */
function leadToFaults(): void {
  const text = first<HTMLTextAreaElement>("[data-text]");
  if (!text) return;
  for (const link of all("[data-line]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const at = Number(link.dataset.line) - 1;
      text.focus();
      text.setSelectionRange(...lineRange(text.value, at));
      text.scrollTop = (text.scrollHeight / text.value.split("\n").length) * Math.max(0, at - 4);
    });
  }
}

/** A step of the builder replaces the builder and nothing else; whatever goes wrong is the page's own matter. */
function stepInPlace(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target, pressed = event.submitter;
    if (!(form instanceof HTMLFormElement) || !(pressed instanceof HTMLButtonElement)) return;
    if (!form.matches("form[data-swap]") || !pressed.value) return;
    event.preventDefault();
    void step(form, pressed);
  });
}

async function step(form: HTMLFormElement, pressed: HTMLButtonElement): Promise<void> {
  const again = pressed.value;
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, {
      method: "POST", body: fieldsOf(form, pressed), credentials: "same-origin",
    });
    const page = await parsed(answer);
    if (!answer.ok || !first("[data-swap-region]", page)) throw new Error("another page");
    replaceBuilder(page);
    const next = first(`button[value="${CSS.escape(again)}"]:not(:disabled)`);
    (next ?? document.getElementById("builder"))?.focus(); // what was removed, or is at the edge now, cannot be pressed
    document.dispatchEvent(new CustomEvent("calltrace:stepped"));
  } catch {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "step", value: again }));
    form.submit(); // without a script: the answer is a page, with the words for what happened
  }
}

function fieldsOf(form: HTMLFormElement, pressed: HTMLButtonElement): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form, pressed)) fields.append(name, String(value));
  return fields;
}

function replaceBuilder(page: Document): void {
  const stamp = first<HTMLInputElement>("input[name=seen]", page);
  for (const seen of all<HTMLInputElement>("input[name=seen]")) seen.value = stamp?.value ?? "";
  const heading = first(".heading", page);
  if (heading) first(".heading")?.replaceWith(heading);
  for (const region of all("[data-swap-region]", page)) document.getElementById(region.id)?.replaceWith(region);
}

showFiles();
leadToFaults();
stepInPlace();
