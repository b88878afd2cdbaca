// Recordings are sent one after the other, each with its progress; without this the form sends them itself.

const AWAY = "The connection was lost. Try again.";
const SIGNED_OUT = "You are signed out. Sign in again, then try once more.";

const form = document.querySelector("[data-upload]");
if (form) offer(form);

/** @param {HTMLFormElement} form */
function offer(form) {
  const input = form.querySelector('input[type="file"]');
  const list = form.querySelector("[data-uploads]");
  const button = form.querySelector('button[type="submit"]');
  let work = Promise.resolve();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wishes = new FormData(form);
    wishes.delete("file");
    list.hidden = false;
    for (const file of input.files) {
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
  constructor(list, file) {
    this.name = file.name;
    this.element = document.createElement("li");
    this.element.append(part("span", "upload-name", file.name));
    this.bar = part("progress", "", "");
    this.bar.max = 1;
    this.bar.value = 0;
    this.bar.setAttribute("aria-label", `Upload of ${file.name}`);
    this.said = part("span", "upload-said", "waiting");
    this.element.append(this.bar, this.said);
    list.append(this.element);
  }

  progress(share) {
    this.bar.value = share;
    this.said.textContent = share < 1 ? `${Math.floor(share * 100)} %` : "being kept";
  }

  done(path) {
    const link = part("a", "", "taken in");
    link.href = path;
    link.setAttribute("aria-label", `${this.name} was taken in: open the call`);
    this.bar.remove();
    this.said.replaceChildren(link);
    this.element.dataset.state = "done";
  }

  failed(why) {
    this.bar.remove();
    this.said.textContent = why;
    this.element.dataset.state = "failed";
  }
}

function part(kind, name, text) {
  const made = document.createElement(kind);
  if (name) made.className = name;
  made.textContent = text;
  return made;
}

/** Send one file; whatever comes of it is told in its row. */
function send(form, wishes, file, row) {
  const most = Number(form.dataset.maxBytes);
  if (file.size > most) {
    row.failed(`This file is too large: at most ${Math.round(most / 1048576)} MB.`);
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

function tell(request, row) {
  const answer = request.response;
  if (request.status === 201 && answer) row.done(answer.paths[0]);
  else if (new URL(request.responseURL).pathname === "/login") row.failed(SIGNED_OUT);
  else row.failed(answer?.detail ?? `It was refused (${request.status}).`);
}

/** Show what was taken in: from here on the list follows by itself. */
function look() {
  const region = document.querySelector("[data-live]");
  if (region) region.dataset.live = "pending";
}

function takeDrops(form, input) {
  const zone = form.querySelector("[data-drop]");
  form.querySelector("[data-drop-hint]").hidden = false;
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault(); // beside the zone a file would open in place of the page
    document.querySelector("[data-upload-panel]").open = true;
    zone.dataset.over = "";
  });
  for (const end of ["dragleave", "drop"]) addEventListener(end, () => { delete zone.dataset.over; });
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    input.files = event.dataTransfer.files;
    input.focus();
  });
}
