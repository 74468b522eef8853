// What pages gain on a device that keeps them: a service worker, posts that wait for the network, notifications.
// Everything else works without it. Texts come from the page, in the reader's language.
const language = document.documentElement.lang;
const place = document.getElementById("device");
const account = place?.dataset.account ?? "";
const worker = navigator.serviceWorker;
const format = (moment) => new Date(Number(moment)).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });

// Visitors need nothing of it; a worker that a member left behind learns that nobody is logged in.
const introduce = async () => {
  if (account) await worker.register("/service-worker.js", { updateViaCache: "none" });
  if (!account && !(await worker.getRegistration())) return;
  const { active } = await worker.ready;
  active.postMessage({ act: "meet", reader: { account, csrf: place.dataset.csrf, language } });
};
const ask = async (message) => {
  const { active } = await worker.ready;
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = (event) => resolve(event.data);
    active.postMessage(message, [port2]);
  });
};

// --- On every page: whether it is a copy, and how many posts wait.
let waiting = 0;
const showWaiting = (count) => {
  waiting = count;
  place.querySelector("[data-count]").textContent = count.toLocaleString(language);
  place.querySelector("[data-waiting]").hidden = !count;
  place.hidden = !count && place.querySelector("[data-text]").hidden;
};
if (worker && place) {
  const { copied } = document.documentElement.dataset;
  if (copied) {
    const text = place.querySelector("[data-text]");
    text.textContent = place.dataset.copied.replace("{time}", format(copied));
    text.hidden = place.hidden = false;
  }
  worker.addEventListener("message", (event) => showWaiting(event.data.waiting));
  window.addEventListener("online", introduce);
  introduce();
  for (const form of document.querySelectorAll('form[action="/logout"]')) {
    form.addEventListener("submit", (event) => {
      if (waiting && !window.confirm(place.dataset.leave)) event.preventDefault();
    });
  }
}

// --- The page without a network lists what waits.
const list = document.getElementById("waiting");
const showPosts = (posts) => {
  const items = posts.map(({ key, text, at, refused }) => {
    const item = list.querySelector("template").content.cloneNode(true).firstElementChild;
    item.querySelector("q").textContent = text;
    const time = item.querySelector("time");
    time.dateTime = new Date(at).toISOString();
    time.textContent = format(at);
    item.querySelector(".state").hidden = !refused;
    const edit = item.querySelector("a");
    edit.hidden = !refused;
    edit.href = `/write?text=${encodeURIComponent(text)}`;
    const button = item.querySelector("button");
    button.addEventListener("click", async () => {
      if (window.confirm(button.dataset.ask)) showPosts(await ask({ act: "remove", key }));
    });
    return item;
  });
  list.querySelector("ul").replaceChildren(...items);
  list.hidden = !posts.length;
};
if (worker && list && (await worker.getRegistration())) showPosts(await ask({ act: "list" }));

// --- The settings page: notifications on this device.
const push = document.getElementById("push");
const decode = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const encode = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const subscribe = async () => {
  const { pushManager } = await worker.ready;
  const wanted = { userVisibleOnly: true, applicationServerKey: decode(push.dataset.key) };
  const former = await pushManager.getSubscription();
  // One with the key of another node, or of this one before it lost its key, gets no messages.
  const isOurs = former && encode(former.options.applicationServerKey) === push.dataset.key;
  if (former && !isOurs) await former.unsubscribe();
  const subscription = isOurs ? former : await pushManager.subscribe(wanted);
  push.elements.endpoint.value = subscription.endpoint;
  push.elements.p256dh.value = encode(subscription.getKey("p256dh"));
  push.elements.auth.value = encode(subscription.getKey("auth"));
};
if (push && worker && "PushManager" in window && "Notification" in window) {
  push.hidden = false;
  document.getElementById("push-impossible")?.setAttribute("hidden", "");
  const problem = push.querySelector(".problem");
  push.addEventListener("submit", async (event) => {
    if (event.submitter?.value === "off" || push.elements.endpoint.value) return;
    event.preventDefault();
    try {
      const permission = await Notification.requestPermission();
      if (permission !== "granted") throw new DOMException("", "NotAllowedError");
      await subscribe();
      push.requestSubmit(event.submitter);
    } catch (error) {
      problem.textContent = error.name === "NotAllowedError" ? push.dataset.denied : push.dataset.failed;
      problem.hidden = false;
      problem.focus();
    }
  });
} else if (push?.hidden) {
  push.remove();
}
