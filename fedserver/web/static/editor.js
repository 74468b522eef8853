// The editor of articles: a preview by the server, buttons for Markdown, and files that go into the text at once.
// Texts come from the page, in the reader's language; none is written here.
const PREVIEW_AFTER_MS = 700;
const ASK_AGAIN_MS = 1_500; // whether a long video can be shown
const editor = document.querySelector(".editor");
const form = editor.querySelector(".editor-form");
const area = form.elements.text;
const preview = editor.querySelector(".editor-preview");
const texts = area.dataset;
const fill = (text, name) => text.replace("{name}", name);

// What only serves without a script goes, and the other way round.
for (const part of document.querySelectorAll(".without-script")) part.hidden = true;
for (const part of document.querySelectorAll(".with-script, .toolbar, .editor-tabs")) part.hidden = false;
editor.classList.add("scripted");

// Times are in the zone of this device.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) {
  form.elements.zone.value = zone;
  for (const place of document.querySelectorAll(".zone")) place.textContent = zone;
}

// --- preview
let shownFor = null;
let previewTimer = 0;
const isWide = matchMedia("(min-width: 70rem)");
const isPreviewShown = () => isWide.matches || editor.dataset.shows === "preview";
const readForm = () => {
  const fields = new URLSearchParams();
  for (const name of ["csrf", "title", "text", "summary", "tags", "language"]) fields.set(name, form.elements[name].value);
  return fields;
};
const showPreview = async () => {
  const fields = readForm();
  const state = fields.toString();
  if (state === shownFor || !isPreviewShown()) return;
  preview.hidden = false;
  try {
    const response = await fetch(editor.dataset.preview, {
      method: "POST",
      body: fields,
      headers: { "HX-Request": "true" },
      redirect: "error",
    });
    if (!response.ok) return;
    const part = await response.text();
    if (state !== readForm().toString()) return schedulePreview();
    const place = preview.scrollTop;
    preview.innerHTML = part;
    preview.scrollTop = place;
    shownFor = state;
  } catch {
    // Without a network the last preview stays; the text is kept by autosave.js.
  }
};
const schedulePreview = () => {
  clearTimeout(previewTimer);
  previewTimer = setTimeout(showPreview, PREVIEW_AFTER_MS);
};
form.addEventListener("input", schedulePreview);
isWide.addEventListener("change", showPreview);
const views = [...editor.querySelectorAll("[data-view]")];
const choose = (view) => {
  editor.dataset.shows = view;
  for (const button of views) button.setAttribute("aria-pressed", String(button.dataset.view === view));
  showPreview();
};
for (const button of views) button.addEventListener("click", () => choose(button.dataset.view));
choose("text");

// --- Markdown. `execCommand` keeps what the browser can undo.
const insert = (text) => {
  area.focus();
  if (!document.execCommand("insertText", false, text)) {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
};
const wrap = (mark) => {
  const { selectionStart: start, selectionEnd: end } = area;
  insert(`${mark}${area.value.slice(start, end)}${mark}`);
  if (start === end) area.setSelectionRange(start + mark.length, start + mark.length);
};
const prefix = (mark) => {
  const start = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
  const { selectionEnd: end } = area;
  const lines = area.value.slice(start, end).split("\n");
  area.setSelectionRange(start, end);
  insert(lines.map((line) => mark + line).join("\n"));
};
const addLink = () => {
  const { selectionStart: start, selectionEnd: end } = area;
  const label = area.value.slice(start, end) || texts.linkText;
  insert(`[${label}](https://)`);
  const address = start + label.length + 3;
  area.setSelectionRange(address, address + "https://".length);
};
const marks = {
  heading: () => prefix("## "),
  bold: () => wrap("**"),
  italic: () => wrap("*"),
  link: addLink,
  list: () => prefix("- "),
  quote: () => prefix("> "),
  code: () => (area.value.slice(area.selectionStart, area.selectionEnd).includes("\n") ? wrap("\n```\n") : wrap("`")),
};
for (const button of editor.querySelectorAll("[data-mark]")) {
  button.addEventListener("click", () => marks[button.dataset.mark]());
}
const KEYS = { b: "bold", i: "italic", k: "link" };
area.addEventListener("keydown", (event) => {
  const mark = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && KEYS[event.key];
  if (!mark) return;
  event.preventDefault();
  marks[mark]();
});

// Who has not been in the text yet adds at its end.
area.setSelectionRange(area.value.length, area.value.length);

// --- files in the text
const uploads = editor.querySelector(".uploads");
const dialog = document.querySelector("dialog.describe");
const escapeText = (text, pattern) => text.trim().replace(/\s+/g, " ").replace(pattern, "\\$1");
const write = (address, alt, caption) => {
  const title = caption.trim() ? ` "${escapeText(caption, /([\\"])/g)}"` : "";
  return `![${escapeText(alt, /([\\[\]])/g)}](${address}${title})`;
};
const describe = (name) =>
  new Promise((resolve) => {
    const { alt, caption } = dialog.querySelector("form").elements;
    alt.value = caption.value = "";
    dialog.querySelector(".describe-shown").textContent = name;
    const place = [area.selectionStart, area.selectionEnd]; // forgotten when the focus comes back
    dialog.returnValue = "cancel";
    dialog.addEventListener(
      "close",
      () => {
        area.setSelectionRange(...place);
        resolve(dialog.returnValue === "add" ? { alt: alt.value, caption: caption.value } : null);
      },
      { once: true },
    );
    dialog.showModal();
  });
const addLine = (name) => {
  const line = document.createElement("p");
  const label = document.createElement("span");
  const bar = document.createElement("progress");
  label.textContent = fill(texts.uploading, name);
  bar.max = 1;
  bar.setAttribute("aria-label", label.textContent);
  line.append(label, bar);
  uploads.append(line);
  return {
    progress: (share) => (bar.value = share),
    prepare: () => {
      label.textContent = fill(texts.processing, name);
      bar.removeAttribute("value");
    },
    end: (text) => line.replaceChildren(text),
    remove: () => line.remove(),
  };
};
const send = (file, line) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.set("csrf", form.elements.csrf.value);
    body.set("file", file);
    request.open("POST", texts.upload);
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", (event) => event.lengthComputable && line.progress(event.loaded / event.total));
    request.addEventListener("load", () => {
      if (request.status === 200) resolve(JSON.parse(request.responseText));
      else reject(new Error(request.status < 500 ? request.responseText : ""));
    });
    request.addEventListener("error", () => reject(null));
    request.send(body);
  });
const waitUntilReady = async (stored, line) => {
  line.prepare();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    const response = await fetch(`${texts.upload}/${stored.id}`, { headers: { "HX-Request": "true" }, redirect: "error" });
    if (!response.ok) throw new Error(response.status < 500 ? await response.text() : "");
    const now = await response.json();
    if (now.address) return now;
  }
};
const keepId = (id) => {
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "media_ids[]";
  field.value = id;
  form.append(field);
};
let turn = Promise.resolve(); // one description is asked for at a time
let placeNumber = 0;
const add = async (file) => {
  const name = file.name || `${file.type.split("/")[0]} ${(placeNumber += 1)}`;
  const line = addLine(name);
  // The description is asked for while the file is on its way.
  const sent = send(file, line);
  sent.catch(() => {});
  const described = (turn = turn.then(() => describe(name)));
  try {
    const words = await described;
    if (!words) {
      line.remove();
      return;
    }
    let stored = await sent;
    if (!stored.address) stored = await waitUntilReady(stored, line);
    keepId(stored.id);
    const before = area.value.slice(0, area.selectionStart);
    const gap = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
    insert(`${gap}${write(stored.address, words.alt, words.caption)}\n\n`);
    line.end(fill(texts.added, name));
  } catch (error) {
    const reason = error?.message ? ` ${error.message}` : "";
    line.end(`${fill(error === null ? texts.offline : texts.failed, name)}${reason}`);
  }
};
const isMedia = (file) => /^(image|video|audio)\//.test(file.type);
const addAll = (files) => {
  const media = [...files].filter(isMedia);
  for (const file of media) add(file);
  return media.length > 0;
};
area.addEventListener("paste", (event) => {
  // A table of a spreadsheet comes as text and as a picture: the text is meant.
  if (event.clipboardData.getData("text/plain")) return;
  if (addAll(event.clipboardData.files)) event.preventDefault();
});
area.addEventListener("dragover", (event) => {
  if (![...event.dataTransfer.items].some((item) => item.kind === "file")) return;
  event.preventDefault();
  area.classList.add("dropping");
});
area.addEventListener("dragleave", () => area.classList.remove("dropping"));
area.addEventListener("drop", (event) => {
  area.classList.remove("dropping");
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  addAll(event.dataTransfer.files);
});
const chooser = document.querySelector("input.chooser");
editor.querySelector("[data-choose]").addEventListener("click", () => chooser.click());
chooser.addEventListener("change", () => {
  addAll(chooser.files);
  chooser.value = "";
});
