// A form with `data-autosave` is saved while one writes: at once in this browser, soon after on the server.
// Texts come from the page, in the reader's language; none is written here.
const SAVE_AFTER_MS = 2_000;
const MAX_WAIT_MS = 10_000; // also while one never stops to write
const RETRY_MS = 15_000;
const OWN_FIELDS = new Set(["csrf", "slot", "saved_at", "key", "decision"]);

const readFields = (form) =>
  [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !OWN_FIELDS.has(name));

// Fields that occur several times are filled in by their order.
const fillIn = (form, fields) => {
  const values = Map.groupBy?.(fields, ([name]) => name) ?? new Map();
  if (!values.size) for (const field of fields) values.set(field[0], [...(values.get(field[0]) ?? []), field]);
  const used = new Map();
  for (const control of form.elements) {
    if (!control.name || control.type === "hidden" || control.type === "file" || OWN_FIELDS.has(control.name)) continue;
    const given = values.get(control.name) ?? [];
    if (control.type === "checkbox" || control.type === "radio") {
      control.checked = given.some(([, value]) => value === control.value);
    } else {
      const place = used.get(control.name) ?? 0;
      used.set(control.name, place + 1);
      if (given[place]) control.value = given[place][1];
    }
    if (control.closest("details") && control.value && control.tagName !== "SELECT" && control.type !== "checkbox") {
      control.closest("details").open = true;
    }
    control.dispatchEvent(new Event("input"));
  }
};

const start = (form) => {
  const { slot, saved_at: savedAt } = form.elements;
  const state = form.querySelector(".autosave-state");
  const texts = state.dataset;
  const name = `autosave:${form.dataset.owner}:${slot.value}`;
  let timer = 0;
  let changedAt = 0; // when the first change was made that the server does not have; 0 for none
  let isSending = false;
  let isDone = false; // sent, or another tab has it

  // This tab goes on with its own text after a reload, also if the last save was on its way then.
  const formerKey = sessionStorage.getItem(`key:${name}`);

  const show = (text, ...more) => state.replaceChildren(text, ...more);
  const keep = () => {
    try {
      sessionStorage.setItem(`key:${name}`, form.elements.key.value);
      localStorage.setItem(name, JSON.stringify({ base: savedAt.value, fields: readFields(form) }));
    } catch {
      // The storage of the browser is full or off: the server has the text soon.
    }
  };
  const forget = () => localStorage.removeItem(name);
  const makeButton = (text, action) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "small secondary outline";
    button.textContent = text;
    button.addEventListener("click", action);
    return button;
  };

  // After a new login, also in another tab, the page's token belongs to a session that is over.
  const renewToken = async () => {
    const response = await fetch(location.href, { redirect: "error" });
    if (!response.ok) return false;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const token = page.querySelector("main form input[name=csrf]")?.value;
    for (const field of document.querySelectorAll("input[name=csrf]")) if (token) field.value = token;
    return Boolean(token);
  };

  const post = () =>
    fetch(form.dataset.autosave, {
      method: "POST",
      headers: { "HX-Request": "true" },
      redirect: "error",
      body: new URLSearchParams([
        ["csrf", form.elements.csrf.value],
        ["slot", slot.value],
        ["saved_at", savedAt.value],
        ["key", form.elements.key?.value ?? ""],
        ...readFields(form),
      ]),
    });

  const save = async () => {
    if (isSending || isDone || !changedAt) return;
    isSending = true;
    const since = changedAt;
    changedAt = 0;
    let response = null;
    try {
      response = await post();
      if ([401, 403].includes(response.status) && (await renewToken().catch(() => false))) response = await post();
    } catch {
      // No network: what follows says so.
    }
    isSending = false;
    if (isDone) return;
    if (response?.status === 204) {
      savedAt.value = response.headers.get("X-Saved-At");
      show(texts.saved);
      if (changedAt) schedule();
      else forget();
      return;
    }
    changedAt = changedAt || since;
    if (response?.status === 422) {
      isDone = true;
      const overwrite = () => {
        isDone = false;
        savedAt.value = String(Number.MAX_SAFE_INTEGER);
        save();
      };
      show(`${await response.text()} `, makeButton(texts.overwrite, overwrite));
      return;
    }
    show(response && [401, 403].includes(response.status) ? texts.loggedOut : texts.kept);
    schedule(RETRY_MS);
  };

  const schedule = (wait) => {
    clearTimeout(timer);
    const left = Math.max(0, changedAt + MAX_WAIT_MS - Date.now());
    timer = setTimeout(save, wait ?? Math.min(SAVE_AFTER_MS, left));
  };
  const change = () => {
    changedAt ||= Date.now();
    keep();
    schedule();
  };

  form.addEventListener("input", change);
  form.addEventListener("change", change);
  addEventListener("online", () => changedAt && save());
  document.addEventListener("visibilitychange", () => changedAt && save());
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    keep();
    if (!navigator.onLine) {
      event.preventDefault();
      changedAt ||= Date.now();
      show(texts.kept);
      return;
    }
    isDone = true;
    clearTimeout(timer);
    sessionStorage.setItem("sent", name);
  });
  // Back from the next page, the form is as it was left.
  addEventListener("pageshow", (event) => {
    if (event.persisted) isDone = false;
  });

  // What came with the form, from the short one or from another app, is nowhere else.
  if (form.dataset.unsaved !== undefined) change();
  if (form.dataset.unsaved !== undefined) return;
  const kept = JSON.parse(localStorage.getItem(name) ?? "null");
  if (!kept || JSON.stringify(kept.fields) === JSON.stringify(readFields(form))) return;
  const use = () => {
    if (formerKey) form.elements.key.value = formerKey;
    fillIn(form, kept.fields);
    change();
  };
  // What the server has is what this browser sent last, so the rest was not sent yet.
  if (kept.base === savedAt.value && !document.querySelector("main .problem")) use();
  else show(`${texts.found} `, makeButton(texts.take, use));
};

for (const form of document.querySelectorAll("form[data-autosave]")) start(form);
