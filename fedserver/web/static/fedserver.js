// What pages gain from JavaScript; everything works without it.
// Texts come from the page, in the reader's language; none is written here.
const language = document.documentElement.lang;
// Characters as the server counts them: what a reader sees as one is one, an address is 23, a handle has no server.
const segmenter = "Segmenter" in Intl ? new Intl.Segmenter(language, { granularity: "grapheme" }) : null;
const countCharacters = (text, shortens) => {
  const counted = shortens
    ? text.replace(/https?:\/\/\S+/g, "x".repeat(23)).replace(/(@[\w.-]*\w)@[\w.-]*\w/g, "$1")
    : text;
  return segmenter ? [...segmenter.segment(counted)].length : [...counted].length;
};
// A draft is forgotten when the page after it shows that it was taken: not after an error, nor without a network.
const sent = sessionStorage.getItem("sent");
if (sent) {
  sessionStorage.removeItem("sent");
  const isRefused = document.querySelector("main [data-failed], main .problem, main .field-problem, form input[name=password]");
  if (!isRefused) {
    sessionStorage.removeItem(sent);
    localStorage.removeItem(sent);
  }
}
// A form that is sent at last, after a new login, may be saved in this browser.
for (const form of document.querySelectorAll("form[data-sent]")) {
  form.addEventListener("submit", () => sessionStorage.setItem("sent", form.dataset.sent));
}
// Nothing that a member wrote stays in a browser in which they log out.
for (const form of document.querySelectorAll('form[action="/logout"]')) {
  form.addEventListener("submit", () => {
    for (const name of Object.keys(localStorage)) if (name.startsWith("autosave:")) localStorage.removeItem(name);
  });
}
// Composer: how many characters are left, and nothing lost by a closed tab.
for (const area of document.querySelectorAll("textarea[data-limit]")) {
  const left = document.createElement("p");
  left.className = "hint";
  left.setAttribute("aria-live", "polite");
  area.after(left);
  const limit = Number(area.dataset.limit);
  const key = area.dataset.keep && `draft:${area.dataset.keep}`;
  if (key && !area.value) area.value = sessionStorage.getItem(key) ?? "";
  const show = () => {
    const isNear = area.value.length > (limit * 3) / 5;
    const count = isNear ? limit - countCharacters(area.value, !area.classList.contains("tall")) : limit;
    left.textContent = count < limit / 5 ? area.dataset.left.replace("{count}", count.toLocaleString(language)) : "";
    if (key) sessionStorage.setItem(key, area.value);
  };
  area.addEventListener("input", show);
  area.form?.addEventListener("submit", () => key && sessionStorage.setItem("sent", key));
  show();
}
// Times in the reader's own zone.
for (const time of document.querySelectorAll("time[datetime]")) {
  time.title = new Date(time.dateTime).toLocaleString(language);
}
for (const field of document.querySelectorAll("[data-own-zone]")) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || field.value;
}
// Tabs that do not fit are scrolled to the current one.
for (const current of document.querySelectorAll(".tabs [aria-current]")) {
  const tabs = current.closest(".tabs");
  const [place, room] = [current.getBoundingClientRect(), tabs.getBoundingClientRect()];
  if (place.right > room.right || place.left < room.left) tabs.scrollLeft += place.left - room.left - room.width / 4;
}
// A moment to be changed stands in the reader's own zone; without a script in UTC.
for (const field of document.querySelectorAll("input[data-moment]")) {
  const moment = new Date(Number(field.dataset.moment));
  field.value = new Date(moment - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  field.form.elements.zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || field.form.elements.zone.value;
}
// A menu closes when one clicks elsewhere or presses Escape.
const menus = () => document.querySelectorAll("details.menu[open]");
document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const menu = event.detail.requestConfig?.elt.closest("details.menu");
  if (!menu || event.detail.isError) return;
  menu.open = false;
  menu.querySelector("summary").focus({ preventScroll: true });
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    // What has the focus would be hidden with the menu.
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    menu.open = false;
  }
});
// The address of a post or profile goes to the clipboard; without a script there is no such button.
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.parentElement.hidden = !navigator.clipboard;
}
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.querySelector("span").textContent = button.dataset.copied;
});
// What became of an act that a script sent, where nothing on the page changes.
const announcer = document.getElementById("announcer");
const announce = (text, login) => {
  announcer.replaceChildren(text);
  if (!login) return;
  const link = document.createElement("a");
  link.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
  link.textContent = announcer.dataset.login;
  announcer.append(link);
};
const { offline, loggedOut, failed } = announcer.dataset;
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(name, () => announce(offline, false));
}
document.body.addEventListener("htmx:responseError", (event) => {
  const { status, responseText } = event.detail.xhr;
  const isText = event.detail.xhr.getResponseHeader("Content-Type")?.startsWith("text/plain");
  if (status === 401) announce(loggedOut, true);
  else announce(isText && status < 500 && responseText ? responseText : failed, false);
});
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (!event.detail.isError) announcer.replaceChildren();
});
// The focus stays where it was: on the control that takes the place of the one that was used, or on what replaced it.
const describe = (element) => ({
  element,
  key: [element.dataset.focus || element.id || element.form?.getAttribute("action") || element.href, element.name].join(),
});
let held = null;
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const active = document.activeElement;
  held = event.detail.target.contains(active) && active !== document.body ? describe(active) : null;
});
document.body.addEventListener("htmx:load", (event) => {
  const wanted = held;
  held = null;
  if (!wanted || document.body.contains(wanted.element)) return;
  const inside = [...event.detail.elt.querySelectorAll("a, button, input, select, textarea, summary")];
  const same = inside.find((element) => describe(element).key === wanted.key);
  if (!same) event.detail.elt.tabIndex = -1;
  (same ?? event.detail.elt).focus({ preventScroll: true });
});
// New posts are announced, and shown when the reader asks: nothing on the page moves by itself.
const POLL_MS = 60_000;
for (const place of document.querySelectorAll("[data-newer]")) {
  const link = place.querySelector("a");
  const ask = async () => {
    if (document.hidden) return;
    try {
      // A part of a page: without the counts of the navigation. A login page is no answer.
      const response = await fetch(place.dataset.newer, { headers: { "HX-Request": "true" }, redirect: "error" });
      const text = response.ok ? await response.text() : "";
      if (!text) return;
      link.textContent = text;
      link.hidden = false;
    } catch {
      // Without a network there is nothing to say; it asks again.
    }
  };
  setInterval(ask, POLL_MS);
}
