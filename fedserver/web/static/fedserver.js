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
  area.form?.addEventListener("submit", () => key && sessionStorage.removeItem(key));
  show();
}
// Times in the reader's own zone.
for (const time of document.querySelectorAll("time[datetime]")) {
  time.title = new Date(time.dateTime).toLocaleString(language);
}
// A menu closes when one clicks elsewhere or presses Escape.
const menus = () => document.querySelectorAll("details.menu[open]");
document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of menus()) menu.open = false;
});
