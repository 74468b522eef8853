// The form of a post: files are sent when they are chosen, pasted or dropped, and shown where they belong.
// Texts come from the page, in the reader's language; none is written here.
const ASK_MS = 2_000; // between two questions whether a video is processed
const form = document.getElementById("composer");
const fileInput = document.getElementById("new-files");
const fileSet = document.getElementById("files");
const list = fileSet.querySelector(".attachments");
const uploads = fileSet.querySelector(".uploads");
const texts = form.dataset;
const running = new Set();

// One goes on after what is there: the name of the person whom one answers, or a draft.
const area = document.getElementById("text");
area.setSelectionRange(area.value.length, area.value.length);
for (const element of form.querySelectorAll(".without-script")) element.hidden = true;
for (const element of form.querySelectorAll(".with-script")) element.hidden = false;

const say = (text) => {
  const line = document.createElement("p");
  line.textContent = text;
  uploads.replaceChildren(...uploads.querySelectorAll(".running"), line);
  return line;
};
const changed = () => form.dispatchEvent(new Event("change"));
const readPart = (text) => {
  const part = document.createElement("template");
  part.innerHTML = text; // written by this server, which escapes what people wrote
  return part.content.querySelector(".attachment");
};

// The focus of a picture: a click on it while its numbers are shown.
const markFocus = (item) => {
  const area = item.querySelector("[data-focus-area]");
  const details = item.querySelector("details.focus");
  if (!area || !details) return;
  const [x, y] = ["focus_x[]", "focus_y[]"].map((name) => item.querySelector(`[name="${name}"]`));
  let mark = area.querySelector(".focus-mark");
  if (!mark) {
    mark = document.createElement("span");
    mark.className = "focus-mark";
    area.append(mark);
  }
  area.classList.toggle("choosing", details.open);
  mark.hidden = !details.open;
  mark.style.left = `${(Number(x.value) + 1) * 50}%`;
  mark.style.top = `${(1 - Number(y.value)) * 50}%`;
};
const prepare = (item) => {
  markFocus(item);
  item.querySelector("details.focus")?.addEventListener("toggle", () => markFocus(item));
  item.addEventListener("input", () => markFocus(item));
  if (item.dataset.ask) setTimeout(() => ask(item), ASK_MS);
};
const ask = async (item) => {
  if (!item.isConnected) return;
  try {
    const response = await fetch(item.dataset.ask, { headers: { "HX-Request": "true" }, redirect: "error" });
    const part = response.ok ? readPart(await response.text()) : null;
    if (part && part.dataset.state !== "processing") {
      // What was written meanwhile, and the focus, stay as they are.
      item.querySelector(".thumb").replaceWith(part.querySelector(".thumb"));
      item.querySelector(".hint-above")?.remove();
      const problem = part.querySelector(".field-problem");
      if (problem) item.querySelector(".about").prepend(problem);
      item.dataset.state = part.dataset.state;
      delete item.dataset.ask;
      return;
    }
  } catch {
    // Without a network it asks again.
  }
  setTimeout(() => ask(item), ASK_MS);
};
list.addEventListener("click", (event) => {
  const area = event.target.closest(".thumb.choosing");
  if (!area) return;
  const box = area.getBoundingClientRect();
  const item = area.closest(".attachment");
  const x = ((event.clientX - box.left) / box.width) * 2 - 1;
  const y = 1 - ((event.clientY - box.top) / box.height) * 2;
  item.querySelector('[name="focus_x[]"]').value = x.toFixed(2);
  item.querySelector('[name="focus_y[]"]').value = y.toFixed(2);
  markFocus(item);
  changed();
});

// Order and removal, without a new page.
list.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=decision]");
  if (!button) return;
  event.preventDefault();
  const item = button.closest(".attachment");
  const act = button.value.split(":")[0];
  if (act === "up") item.previousElementSibling?.before(item);
  if (act === "down") item.nextElementSibling?.after(item);
  if (act === "remove") {
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    (next?.querySelector("textarea") ?? fileInput).focus();
    say(texts.removed);
  } else {
    button.focus();
  }
  changed();
});

const formatSize = (bytes) =>
  new Intl.NumberFormat(document.documentElement.lang, {
    style: "unit",
    unit: bytes < 1e6 ? "kilobyte" : "megabyte",
    maximumFractionDigits: bytes < 1e6 ? 0 : 1,
  }).format(bytes / (bytes < 1e6 ? 1e3 : 1e6));

const send = (file) =>
  new Promise((resolve) => {
    const line = document.createElement("p");
    line.className = "running";
    const bar = document.createElement("progress");
    const label = document.createElement("span");
    const cancel = document.createElement("button");
    cancel.type = "button";
    cancel.className = "small secondary outline";
    cancel.textContent = texts.cancel;
    bar.max = file.size || 1;
    bar.value = 0;
    const showSent = (sent) => {
      bar.value = sent;
      label.textContent = texts.uploading
        .replace("{name}", file.name)
        .replace("{sent}", formatSize(sent))
        .replace("{all}", formatSize(file.size));
    };
    showSent(0);
    bar.setAttribute("aria-label", file.name);
    line.append(label, bar, cancel);
    uploads.append(line);
    const request = new XMLHttpRequest(); // fetch does not tell how much was sent
    const done = (text) => {
      running.delete(request);
      line.remove();
      if (text) say(text).className = "field-problem";
      resolve();
    };
    request.upload.addEventListener("progress", (event) => showSent(Math.min(event.loaded, file.size)));
    request.addEventListener("load", () => {
      const part = request.status === 200 ? readPart(request.responseText) : null;
      const isText = request.getResponseHeader("Content-Type")?.startsWith("text/plain");
      if (!part) return done(isText ? `${file.name}: ${request.responseText}` : texts.offline);
      list.append(part);
      prepare(part);
      changed();
      done("");
      say(texts.added);
    });
    request.addEventListener("error", () => done(`${file.name}: ${texts.offline}`));
    request.addEventListener("abort", () => done(""));
    cancel.addEventListener("click", () => request.abort());
    const body = new FormData();
    body.append("csrf", form.elements.csrf.value);
    body.append("file", file);
    request.open("POST", texts.upload);
    request.setRequestHeader("HX-Request", "true");
    running.add(request);
    request.send(body);
  });

let queue = Promise.resolve(); // one after another, in the order in which they were chosen
const add = (files) => {
  const free = Number(texts.most) - list.children.length - running.size;
  if (files.length > free) say(texts.tooMany).className = "field-problem";
  for (const file of [...files].slice(0, Math.max(0, free))) queue = queue.then(() => send(file));
};
fileInput.addEventListener("change", (event) => {
  event.stopPropagation();
  add(fileInput.files);
  fileInput.value = "";
});
form.addEventListener("paste", (event) => {
  const files = event.clipboardData?.files ?? [];
  if (!files.length) return;
  event.preventDefault();
  add(files);
});
const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
for (const name of ["dragenter", "dragover"]) {
  form.addEventListener(name, (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    fileSet.classList.add("dropping");
  });
}
form.addEventListener("dragleave", (event) => {
  if (!form.contains(event.relatedTarget)) fileSet.classList.remove("dropping");
});
form.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  fileSet.classList.remove("dropping");
  add(event.dataTransfer.files);
});
// A post without a file that its author has chosen is not what they wanted.
form.addEventListener(
  "submit",
  (event) => {
    if (!running.size || event.submitter?.value === "save") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    say(texts.waiting).className = "field-problem";
  },
  true,
);
for (const item of list.children) prepare(item);
